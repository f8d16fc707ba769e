"""Stores of every earlier version of the tables are opened, and say what they said."""

from __future__ import annotations

import shutil
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from memory_service.errors import SchemaTooNewError, SchemaTooOldError
from memory_service.store.connection import Database, DatabaseOptions
from memory_service.store.migrating import EARLIEST, MIGRATIONS, SCHEMA_VERSION, migrate
from memory_service.store.statements import statement
from tests.fixtures.stores import IDENTITY, WRITTEN, writes
from tests.support.clock import ManualClock
from tests.support.dict_backend import DictBackend
from tests.support.stores import assert_same_legs, assert_same_state, open_local
from tests.support.verified import assert_verified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory_service.backends.local import LocalBackend
    from memory_service.model.write import WriteRequest

FIXTURES = Path(__file__).parents[1] / "fixtures"
EARLIER = range(EARLIEST, SCHEMA_VERSION)


@pytest.mark.parametrize("version", EARLIER)
def test_a_store_of_an_earlier_version_holds_what_was_written(tmp_path: Path, version: int) -> None:
    """Every entry, every change with its chain, every answer: as a dict that was told the same."""
    _unpack(version, tmp_path)

    for _ in range(2):
        with _opened(tmp_path) as backend:
            _assert_as_written(backend)
            assert _schema(backend._database) == SCHEMA_VERSION


@pytest.mark.parametrize("version", EARLIER)
def test_a_store_that_was_carried_over_is_written_to_as_any(tmp_path: Path, version: int) -> None:
    _unpack(version, tmp_path)
    oracle = _oracle()
    again = writes()[0]

    with _opened(tmp_path) as backend:
        assert backend.apply(again) == oracle.apply(again)
        for request in (writes()[3], writes()[6], writes()[7]):
            known = (_said(backend, request), _said(oracle, request))
            assert known[0] == known[1]
        backend.maintain()
        _assert_same(backend, oracle)

    with _opened(tmp_path) as backend:
        _assert_same(backend, oracle)
    assert_verified(tmp_path)


@pytest.mark.parametrize(
    ("version", "done"),
    [(step.to - 1, done) for step in MIGRATIONS for done in range(len(step.statements) + 1)],
)
def test_a_kill_in_the_middle_of_a_step_leaves_a_store_that_opens(
    tmp_path: Path, version: int, done: int
) -> None:
    """The files as they are after each statement, before the commit."""
    _unpack(version, tmp_path / "killed")
    step = next(step for step in MIGRATIONS if step.to == version + 1)

    with _database(tmp_path / "killed") as database, database.transaction() as session:
        for name in step.statements[:done]:
            session.execute(statement(name))
        shutil.copytree(tmp_path / "killed", tmp_path / "left")

    with _opened(tmp_path / "left") as backend:
        _assert_as_written(backend)


def test_a_kill_between_two_steps_leaves_a_store_that_goes_on_from_there(tmp_path: Path) -> None:
    _unpack(EARLIEST, tmp_path)
    with _database(tmp_path) as database:
        migrate(database, EARLIEST, MIGRATIONS[:1])
        assert _schema(database) == MIGRATIONS[0].to

    with _opened(tmp_path) as backend:
        _assert_as_written(backend)


def test_the_log_says_what_is_done(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _unpack(EARLIEST, tmp_path)
    caplog.set_level("INFO")

    with _opened(tmp_path):
        pass

    said = [record.message for record in caplog.records if "schema" in record.message]
    assert [line.split(":")[0] for line in said] == [
        *(f"the store goes from schema {step.to - 1} to {step.to}" for step in MIGRATIONS),
        f"the store is at schema {SCHEMA_VERSION}",
    ]


def test_the_tables_of_a_store_that_was_carried_over_are_those_of_a_new_one(tmp_path: Path) -> None:
    with _opened(tmp_path / "new") as backend:
        wanted = _columns(backend._database)

    for version in EARLIER:
        _unpack(version, tmp_path / str(version))
        with _opened(tmp_path / str(version)) as backend:
            assert _columns(backend._database) == wanted


def test_a_newer_store_is_refused_with_what_to_do_and_left_alone(tmp_path: Path) -> None:
    with _opened(tmp_path):
        pass
    _note_schema(tmp_path, SCHEMA_VERSION + 1)
    before = (tmp_path / "store" / "memory.duckdb").read_bytes()

    with pytest.raises(SchemaTooNewError, match="Install the version that wrote the store"):
        open_local(tmp_path, identity=IDENTITY)

    assert (tmp_path / "store" / "memory.duckdb").read_bytes() == before


def test_an_older_store_than_can_be_carried_over_is_refused_with_the_commands(
    tmp_path: Path,
) -> None:
    _unpack(EARLIEST, tmp_path)
    _note_schema(tmp_path, EARLIEST - 1)

    with pytest.raises(SchemaTooOldError, match="`memory-service export"):
        open_local(tmp_path, identity=IDENTITY)


def _unpack(version: int, folder: Path) -> None:
    store = folder / "store"
    store.mkdir(parents=True)
    with tarfile.open(FIXTURES / f"schema-{version}.tar.xz") as packed:
        packed.extractall(store, filter="data")


@contextmanager
def _opened(folder: Path) -> Iterator[LocalBackend]:
    backend = open_local(folder, clock=ManualClock(WRITTEN), identity=IDENTITY)
    try:
        yield backend
    finally:
        backend.close()


@contextmanager
def _database(folder: Path) -> Iterator[Database]:
    store = folder / "store"
    (store / "staging").mkdir(exist_ok=True)
    database = Database(
        store / "memory.duckdb", staging=store / "staging", options=DatabaseOptions()
    )
    try:
        yield database
    finally:
        database.close()


def _oracle() -> DictBackend:
    oracle = DictBackend(clock=ManualClock(WRITTEN))
    for request in writes():
        oracle.apply(request)
    return oracle


def _said(backend: LocalBackend | DictBackend, request: WriteRequest) -> list[str]:
    receipt = backend.apply(request)
    return [str(receipt.position), *(str(outcome.status) for outcome in receipt.outcomes)]


def _assert_as_written(backend: LocalBackend) -> None:
    _assert_same(backend, _oracle())


def _assert_same(backend: LocalBackend, oracle: DictBackend) -> None:
    assert_same_state(backend, oracle, now=WRITTEN)
    for name in ("ns", "Namen"):
        texts = ["launch of the rocket", "E-4711", "team budget zürich"]
        assert_same_legs(backend, oracle, name, now=WRITTEN, texts=texts)


def _schema(database: Database) -> int:
    return int(dict(database.rows(statement("read_meta")))["schema"])


def _columns(database: Database) -> list[tuple[object, ...]]:
    return sorted(
        database.rows(
            "SELECT table_name, column_index, column_name, data_type, is_nullable "
            "FROM duckdb_columns() WHERE database_name = 'store'"
        )
    )


def _note_schema(folder: Path, version: int) -> None:
    with duckdb.connect(str(folder / "store" / "memory.duckdb")) as connection:
        connection.execute("INSERT INTO meta VALUES (1000, 'schema', ?)", [str(version)])
