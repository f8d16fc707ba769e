"""The full-text index of a local backend beside its rows: lost, behind, and cleared of the dead."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from memory_service.backends.local import LocalOptions
from memory_service.backends.local_lexical import LocalLexical
from memory_service.index.lexical.manifest import Origin
from memory_service.model.bm25 import Scoring
from memory_service.model.write import DropNamespace, Forget
from memory_service.store.connection import Database, DatabaseOptions
from memory_service.store.records import Rows, TombstoneRow
from memory_service.store.schema import TextVersions, prepare
from memory_service.store.statements import statement
from memory_service.store.tables import term_key
from tests.support.builders import a_put, a_write
from tests.support.clock import START
from tests.support.dict_backend import DictBackend
from tests.support.local_stores import assert_identical, fill, legs_of, opened
from tests.support.postings import CONSTANTS, looking
from tests.support.stores import assert_same_legs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt
    import pytest

    from memory_service.backends.local import LocalBackend

ENTRIES = 3_000


class Waiting(Database):
    """A database that is slow to give postings: not before it is told to."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, staging=file.parent, options=DatabaseOptions())
        self.told = threading.Event()
        self.asked = threading.Event()

    def columns(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> dict[str, npt.NDArray[np.generic]]:
        if sql == statement("postings_between"):
            self.asked.set()
            self.told.wait()
        return super().columns(sql, parameters)


@contextmanager
def _store(folder: Path) -> Iterator[Waiting]:
    """A store of 3,000 entries, one change each; every third holds the word."""
    database = Waiting(folder / "db")
    prepare(database, versions=TextVersions(analyser=1, key_template=1), now=START, token=bytes)
    entry = (
        "seq, first_seq, ns, id, version, text, tags, metadata, created_at, updated_at, "
        "content_hash, draft_hash, nonce, length"
    )
    seq = f"SELECT unnest(range(1, {ENTRIES + 1})) AS seq"
    with database.transaction() as session:
        session.execute(
            "INSERT INTO store.main.change "  # noqa: S608  # our words
            f"SELECT 1, seq, 'x', 'y', 'put', 1, 'ns', seq, 0, 0 FROM ({seq})"
        )
        session.execute(
            f"INSERT INTO store.main.entry ({entry}) "  # noqa: S608
            f"SELECT seq, seq, 1, seq, 1, 'x', [], '{{}}', 0, 0, 'x', 'y', 'z', 3 FROM ({seq})"
        )
        session.execute(
            f"INSERT INTO store.main.posting SELECT $key, seq, 1, 3 FROM ({seq}) WHERE seq % 3 = 0",  # noqa: S608
            {"key": term_key(1, "word")},
        )
    yield database
    database.told.set()
    database.close()


def _opened(database: Database, folder: Path) -> LocalLexical:
    origin = Origin(cluster_id="c", analyser=1)
    return LocalLexical(database, folder / "lexical", origin=origin, settled=10**6, at_once=500)


def test_an_index_far_behind_is_built_beside_and_what_is_forgotten_meanwhile_stays_so(
    tmp_path: Path,
) -> None:
    with _store(tmp_path) as database:
        lexical = _opened(database, tmp_path)
        database.asked.wait()
        before = lexical.index
        lexical.follow(Rows(tombstones=[TombstoneRow(1, 9, ENTRIES)]))
        database.told.set()
        lexical.wait()

        index = lexical.index
        assert before is None
        assert index is not None
        keys = np.array([term_key(1, "word")], np.uint64)
        scoring = Scoring(constants=CONSTANTS, entries=ENTRIES, average_length=3.0)
        search = index.search(keys, np.ones(1), scoring)
        assert search.entries == [ENTRIES // 3 - 1]
        assert search.best(4, looking()).ordinals.tolist() == [3, 6, 12, 15]
        lexical.close()


def test_an_index_whose_building_was_broken_off_goes_on_where_it_was(tmp_path: Path) -> None:
    with _store(tmp_path) as database:
        lexical = _opened(database, tmp_path)
        database.asked.wait()
        closing = threading.Thread(target=lexical.close)
        closing.start()
        database.told.set()
        closing.join()

        again = _opened(database, tmp_path)
        again.wait()
        assert again.index is not None
        assert again.index.state.entries == ENTRIES // 3
        again.close()


def test_rows_and_index_give_the_same_answers(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        served = legs_of(backend)
        backend._derived.lexical._ready = False

        assert_identical(served, backend)
        backend._derived.lexical._ready = True


def test_after_a_kill_the_files_and_the_rows_since_make_the_index(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    left = tmp_path / "left"
    with opened(tmp_path / "data", LocalOptions(settled_postings=30)) as backend:
        fill(backend)
        backend.maintain()
        backend.apply(a_write(a_put("last", text="The last launch.", seed=1), Forget(id="1")))
        before = legs_of(backend)
        shutil.copytree(tmp_path / "data", left)

    with opened(left) as again:
        assert again._derived.lexical.index is not None
        assert any(layer.segment.file for layer in again._derived.lexical.index.state.layers)
        assert_identical(before, again)
    assert "full-text index is built" not in caplog.text


def test_what_is_forgotten_or_dropped_leaves_the_rows_and_the_files(tmp_path: Path) -> None:
    eager = LocalOptions(merge_dead=1, settled_postings=1)
    with opened(tmp_path, eager) as backend:
        oracle = DictBackend()
        for target in (backend, oracle):
            target.apply(a_write(*(a_put(str(n), f"june {n}", seed=n) for n in range(8))))
            target.apply(a_write(a_put("away", "june away", seed=1), namespace="away"))
        backend.maintain()
        for target in (backend, oracle):
            target.apply(a_write(*(Forget(id=str(n)) for n in range(5))))
            target.apply(a_write(DropNamespace(), namespace="away"))
        backend.maintain()

        assert _held(backend) == [6, 7, 8]
        rows = backend._database.rows("SELECT DISTINCT seq FROM store.main.posting ORDER BY seq")
        assert rows == [(6,), (7,), (8,)]
        assert_same_legs(backend, oracle, "ns", now=START, texts=["june", "june 7"])


def _held(backend: LocalBackend) -> list[int]:
    """The entries of the segments, forgotten or not."""
    index = backend._derived.lexical.index
    assert index is not None
    entries = [layer.segment.entries for layer in index.state.layers]
    return sorted(np.concatenate(entries).tolist())


def test_a_hundred_namespaces_share_the_files_and_do_not_meet(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        for number in range(100):
            backend.apply(a_write(a_put(text=f"rocket {number}"), namespace=f"n{number}"))
        backend._derived.lexical.index.settle(whole=True)  # type: ignore[union-attr]  # it is ready

        for number in (0, 57):
            with backend.reader(f"n{number}", filter=None, now=START) as reader:
                found = reader.lexical(f"rocket {number + 1}", 5)
                assert [term.entries for term in found.query.terms] == [0, 1]
                assert len(found.ordinals) == 1
    files = {file.name for file in (tmp_path / "index" / "lexical").iterdir()}
    assert files == {"manifest.json", "postings.1"}
