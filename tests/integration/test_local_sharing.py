"""Who shares a commit of a local backend with whom."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.support.builders import a_put, a_write
from tests.support.stores import open_local

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from memory_service.store.records import Rows

#: Longer than any test: whoever is expected is waited for.
LONG = 100.0


def test_a_caller_who_comes_back_shares_the_commit_of_those_who_waited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of taking turns with them."""
    backend = open_local(tmp_path)
    writer, commits = backend._writer, list[int]()
    begun, let_go, queued = (threading.Semaphore(0) for _ in range(3))
    insert, enqueue = writer._insert, writer._enqueue

    def held(rows: Rows) -> None:
        commits.append(len(rows.entries))
        begun.release()
        let_go.acquire()
        insert(rows)

    def noticed(job: object) -> None:
        enqueue(job)  # type: ignore[arg-type]  # as it comes
        queued.release()

    monkeypatch.setattr(writer, "_moment", LONG)
    monkeypatch.setattr(writer, "_insert", held)
    monkeypatch.setattr(writer, "_enqueue", noticed)

    with ThreadPoolExecutor(8) as callers:
        again = callers.submit(lambda: [backend.apply(a_write(a_put(f"a{n}"))) for n in range(2)])
        begun.acquire()
        others = [callers.submit(backend.apply, a_write(a_put(f"b{n}"))) for n in range(7)]
        for _ in range(8):
            queued.acquire()
        let_go.release(2)

        assert len(again.result()) == 2
        assert all(other.result().outcomes for other in others)
    assert commits == [1, 8]
    backend.close()
