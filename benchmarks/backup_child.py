"""Kills itself in the middle of something: `python -m benchmarks.backup_child ACTION FOLDER STAGE`.

`restore` puts FOLDER/backup in the place of FOLDER/data; `compact` writes FOLDER/data anew while a
thread writes entries, whose ids are printed once they are acknowledged.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.backup_kills import put_all
from benchmarks.backup_load import a_store
from memory_service.backends.restoring import restore

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.backends.local import LocalBackend


def _killer(stage: str) -> Callable[[str], None]:
    def reached(name: str) -> None:
        if name == stage:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


def _write(store: LocalBackend) -> None:
    for number in count():
        put_all(store, [f"new-{number}"])
        os.write(sys.stdout.fileno(), f"new-{number}\n".encode())


def _main(action: str, folder: Path, stage: str) -> None:
    if action == "restore":
        now = datetime.now(UTC)
        restore(
            folder / "data",
            folder / "backup",
            now=now,
            progress=lambda _done, _total: None,
            reached=_killer(stage),
        )
        return
    store = a_store(folder / "data")
    threading.Thread(target=_write, args=(store,), daemon=True).start()
    store.compact(reached=_killer(stage))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
