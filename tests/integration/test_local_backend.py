"""A local backend over its files: restarts, crashes, damage, refusals."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from memory_service.backends.local import LocalOptions
from memory_service.errors import (
    CorruptStoreError,
    EmbedderChangedError,
    InvalidInputError,
    NotFiniteError,
    SchemaTooNewError,
    StorageError,
)
from memory_service.model.entry import Span
from memory_service.model.write import (
    ConfigureNamespace,
    DropNamespace,
    Forget,
    Idempotency,
    Passage,
)
from memory_service.store.loading import verify_chain
from tests.support.builders import a_put, a_vector, a_write
from tests.support.clock import START
from tests.support.dict_backend import DictBackend
from tests.support.stores import IDENTITY, assert_same_legs, assert_same_state, open_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from memory_service.backends.local import LocalBackend
    from memory_service.model.read import DenseLeg, LexicalLeg

EAGER = LocalOptions(merge_dead=1, merge_fresh=1, merge_runs=1, save_changes=1)


@contextmanager
def opened(folder: Path, options: LocalOptions | None = None) -> Iterator[LocalBackend]:
    backend = open_local(folder, options=options)
    try:
        yield backend
    finally:
        backend.close()


def _fill(backend: LocalBackend) -> None:
    """Twelve entries, some replaced, some forgotten; the last writes are in no snapshot."""
    words = ["launch", "june", "rocket", "team", "budget"]
    for number in range(12):
        text = " ".join(words[number % 5 :] + words[: number % 3])
        backend.apply(a_write(a_put(str(number), text=text, seed=number)))
    backend.apply(a_write(a_put("3", text="The launch moved.", seed=40, if_version=1)))
    backend.apply(a_write(Forget(id="5"), Forget(id="7")))


def _legs(backend: LocalBackend) -> tuple[LexicalLeg, DenseLeg]:
    with backend.reader("ns", filter=None, now=START) as reader:
        return reader.lexical("the launch of the rocket in june", 8), reader.dense(a_vector(3), 8)


def _assert_identical(before: tuple[LexicalLeg, DenseLeg], backend: LocalBackend) -> None:
    """To the last bit."""
    lexical, dense = _legs(backend)
    np.testing.assert_array_equal(lexical.ordinals, before[0].ordinals)
    np.testing.assert_array_equal(lexical.scores, before[0].scores)
    assert lexical.query == before[0].query
    np.testing.assert_array_equal(dense.ordinals, before[1].ordinals)
    np.testing.assert_array_equal(dense.scores, before[1].scores)
    np.testing.assert_array_equal(dense.parts, before[1].parts)


def _rebuilt(caplog: pytest.LogCaptureFixture) -> bool:
    return "is built from the store" in caplog.text


def test_a_restart_changes_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And its index comes from the snapshot."""
    with opened(tmp_path) as backend:
        _fill(backend)
        before, status = _legs(backend), backend.status()
    caplog.clear()

    with opened(tmp_path) as again:
        assert again.status() == status
        _assert_identical(before, again)
    assert not _rebuilt(caplog)


def test_what_was_acknowledged_survives_a_process_that_just_ends(tmp_path: Path) -> None:
    """The files as they are after the last receipt, without a close, are the whole store."""
    with opened(tmp_path / "live") as backend:
        _fill(backend)
        before, status = _legs(backend), backend.status()
        shutil.copytree(tmp_path / "live", tmp_path / "left")

        with opened(tmp_path / "left") as again:
            assert again.status() == status
            assert verify_chain(again._database) is None
            _assert_identical(before, again)


def _lose(folder: Path) -> None:
    shutil.rmtree(folder)


def _damage(folder: Path) -> None:
    for file in folder.glob("*/*"):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)


def _cut_short(folder: Path) -> None:
    for file in folder.glob("*/*"):
        file.write_bytes(file.read_bytes()[:-1])


@pytest.mark.parametrize("harm", [_lose, _damage, _cut_short])
def test_an_index_that_is_missing_or_damaged_is_built_from_the_store(
    tmp_path: Path, harm: object, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as backend:
        _fill(backend)
        before = _legs(backend)

    assert callable(harm)
    harm(tmp_path / "index")
    caplog.clear()

    with opened(tmp_path) as again, caplog.at_level("INFO"):
        _assert_identical(before, again)
    assert _rebuilt(caplog)


def test_an_index_from_before_is_brought_up_to_date(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A snapshot that lags behind is taken up and caught up, also past replaced entries."""
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put("0", seed=1), a_put("1", seed=2), a_put("2", seed=3)))
        _legs(backend)
    shutil.copytree(tmp_path / "index", tmp_path / "old")
    with opened(tmp_path) as backend:
        _fill_over(backend)
        before = _legs(backend)
    shutil.rmtree(tmp_path / "index")
    shutil.move(tmp_path / "old", tmp_path / "index")
    caplog.clear()

    with opened(tmp_path) as again:
        _assert_identical(before, again)
    assert not _rebuilt(caplog)


def test_an_index_whose_tombstones_were_purged_is_built_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put("0", seed=1), a_put("1", seed=2), a_put("2", seed=3)))
        _legs(backend)
    shutil.copytree(tmp_path / "index", tmp_path / "old")
    with opened(tmp_path, EAGER) as backend:
        _fill_over(backend)
        backend.maintain()
        before = _legs(backend)
    shutil.rmtree(tmp_path / "index")
    shutil.move(tmp_path / "old", tmp_path / "index")
    caplog.clear()

    with opened(tmp_path) as again:
        _assert_identical(before, again)
    assert _rebuilt(caplog)


def _fill_over(backend: LocalBackend) -> None:
    backend.apply(a_write(a_put("0", text="New.", seed=9, if_version=1), Forget(id="2")))
    backend.apply(a_write(a_put("9", text="Newer.", seed=8)))


def test_housekeeping_removes_the_dead_and_changes_no_answer(tmp_path: Path) -> None:
    with opened(tmp_path, EAGER) as backend:
        oracle = DictBackend()
        for round_ in range(3):
            for target in (backend, oracle):
                target.apply(a_write(*(a_put(f"{round_}-{n}", seed=n) for n in range(4))))
                target.apply(a_write(Forget(id=f"{round_}-0")))
                target.apply(a_write(a_put("x", _round_text(round_), seed=1, if_version=round_)))
            backend.apply(a_write(a_put(), namespace="away"))
            oracle.apply(a_write(a_put(), namespace="away"))
            for target in (backend, oracle):
                target.apply(a_write(DropNamespace(), namespace="away"))

            backend.maintain()

            assert_same_state(backend, oracle, now=START)
            assert_same_legs(backend, oracle, "ns", now=START, texts=["launch", "the round 2"])
        rows = {table: _count(backend, table) for table in ("entry", "vector", "tombstone")}
        assert rows == {"entry": 10, "vector": 10, "tombstone": 0}
        assert _count(backend, "posting_fresh") == 0
        assert verify_chain(backend._database) is None


def _round_text(round_: int) -> str:
    return f"The launch, round {round_}."


def _count(backend: LocalBackend, table: str) -> int:
    return int(backend._database.rows(f"SELECT count(*) FROM store.main.{table}")[0][0])  # noqa: S608


def test_a_receipt_is_remembered_across_a_restart(tmp_path: Path) -> None:
    known = Idempotency(key="it's a key", body_digest=b"\x00\xff")
    with opened(tmp_path) as backend:
        first = backend.apply(a_write(a_put(), a_put("a", text="Other."), idempotency=known))

    with opened(tmp_path) as again:
        assert again.apply(a_write(idempotency=known)) == replace(first, replayed=True)


def test_a_drop_is_replayed_across_a_restart(tmp_path: Path) -> None:
    known = Idempotency(key="k", body_digest=b"1")
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put("a"), a_put("b")))
        first = backend.apply(a_write(DropNamespace(), idempotency=known))

    with opened(tmp_path) as again:
        assert again.apply(a_write(DropNamespace(), idempotency=known)) == replace(
            first, replayed=True
        )
        assert again.namespaces() == []
    assert [one.entries for one in first.outcomes] == [2]


def test_a_store_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    _alter(tmp_path, "INSERT INTO meta VALUES (1000, 'schema', '2')")

    with pytest.raises(SchemaTooNewError):
        open_local(tmp_path)


def test_a_log_whose_last_change_was_altered_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        _fill(backend)
    _alter(tmp_path, "UPDATE change SET id = 'other' WHERE seq = (SELECT max(seq) FROM change)")

    with pytest.raises(CorruptStoreError):
        open_local(tmp_path)


def _alter(folder: Path, sql: str) -> None:
    with duckdb.connect(str(folder / "store" / "memory.duckdb")) as connection:
        connection.execute(sql)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"not a database at all" * 1000,
        lambda whole: whole[:100],
        lambda whole: whole[:12_288],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-1],
        lambda whole: whole[:4096] + bytes(8192) + whole[12_288:],
    ],
    ids=["empty", "garbage", "head", "headers", "half", "all but a byte", "blank header"],
)
def test_a_damaged_file_is_named_and_left_as_it_is(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    with opened(tmp_path) as backend:
        _fill(backend)
    file = tmp_path / "store" / "memory.duckdb"
    file.write_bytes(damage(file.read_bytes()))
    before = file.read_bytes()

    with pytest.raises(CorruptStoreError, match=r"backup.*aside") as refused:
        open_local(tmp_path)

    assert str(file) in refused.value.detail
    assert file.read_bytes() == before


def test_a_damaged_log_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    with opened(tmp_path / "whole") as backend:
        _fill(backend)
        shutil.copytree(tmp_path / "whole", damaged)
    log = damaged / "store" / "memory.duckdb.wal"
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 255
    log.write_bytes(content)

    with pytest.raises(CorruptStoreError, match=r"memory\.duckdb"):
        open_local(damaged)

    assert log.read_bytes() == content


def test_a_store_keeps_its_embedder_while_it_holds_entries(tmp_path: Path) -> None:
    other = replace(IDENTITY, name="another", dimensions=8)
    with opened(tmp_path) as backend:
        backend.bind(other)
        backend.apply(a_write(a_put(seed=None), Forget(id="a")))
        with backend.reader("ns", filter=None, now=START) as reader:
            assert len(reader.dense(a_vector(1, 8), 5).ordinals) == 0
        backend.bind(IDENTITY)
        backend.apply(a_write(a_put()))
        with backend.reader("ns", filter=None, now=START) as reader:
            assert len(reader.dense(a_vector(1), 5).ordinals) == 1

        with pytest.raises(EmbedderChangedError):
            backend.bind(other)

    lexical_only = open_local(tmp_path, identity=None)
    assert lexical_only.embedder_identity() == IDENTITY
    lexical_only.close()


def test_vectors_that_do_not_fit_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    def passage(vector: np.ndarray[tuple[int], np.dtype[np.float32]]) -> tuple[Passage, ...]:
        return (Passage(span=Span(start=0, stop=1), vector=vector),)

    broken = np.full(IDENTITY.dimensions, np.nan, np.float32)
    with opened(tmp_path) as backend:
        with pytest.raises(NotFiniteError):
            backend.apply(a_write(a_put("a"), replace(a_put("b"), passages=passage(broken))))
        with pytest.raises(InvalidInputError):
            backend.apply(a_write(replace(a_put(), passages=passage(a_vector(1, 3)))))
        assert backend.namespaces() == []


def test_a_setting_that_is_refused_is_named_where_it_stands_in_the_request(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        for key, value in (("language", "klingon"), ("colour", "red")):
            with pytest.raises(InvalidInputError) as caught:
                backend.apply(a_write(ConfigureNamespace(settings={key: value})))
            assert caught.value.field == f"/settings/{key}"
        assert backend.namespaces() == []


def test_a_commit_that_fails_changes_nothing_in_memory(tmp_path: Path) -> None:
    backend = open_local(tmp_path)
    backend.apply(a_write(a_put()))
    before = backend.status()

    backend._database.close()
    with pytest.raises(StorageError):
        backend.apply(a_write(a_put("b"), namespace="other"))

    assert backend.status() == before
    backend._writer.close()


def test_after_a_fatal_error_nothing_is_tried_until_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put()))
        before = backend.status()

        backend._database._dead.set()
        with pytest.raises(StorageError, match="restart"):
            backend.apply(a_write(a_put("b")))
        with pytest.raises(StorageError, match="restart"):
            backend.get("ns", "a", now=START)

        assert backend.status() == before
        backend._database._dead.clear()


def test_a_dropped_namespace_answers_no_reader_that_is_still_open(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put()))

        with backend.reader("ns", filter=None, now=START) as reader:
            backend.apply(a_write(DropNamespace()))

            assert reader.lexical("june", 5).ordinals.tolist() == []
            assert reader.dense(a_vector(1), 5).ordinals.tolist() == []
            assert reader.recent(5).tolist() == []


def test_the_database_reaches_nothing_but_its_file(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    with opened(tmp_path) as backend:
        for sql in (
            f"SELECT * FROM read_csv('{outside}')",  # noqa: S608  # the attempt itself
            f"COPY (SELECT 1) TO '{tmp_path / 'written.csv'}'",
            f"ATTACH '{tmp_path / 'other.duckdb'}'",
            "SET enable_external_access = true",
            "INSTALL fts",
        ):
            with pytest.raises(StorageError):
                backend._database.rows(sql)
