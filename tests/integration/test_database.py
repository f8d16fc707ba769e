"""The database file and its folder: what is synced before a write is acknowledged."""

from __future__ import annotations

import resource
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from memory_service.durable import sync
from memory_service.errors import StorageError, StorageFullError
from memory_service.store.connection import Database, DatabaseOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOG = "memory.duckdb.wal"


class Disk:
    """What the store's folder held when its names were last synced; can be made to fail."""

    def __init__(self, root: Path) -> None:
        self.store = root / "store"
        self.synced: frozenset[str] = frozenset()
        self.syncs = 0
        self.broken = False
        (self.store / "staging").mkdir(parents=True)

    def names(self) -> frozenset[str]:
        return frozenset(path.name for path in self.store.iterdir())

    def sync(self, folder: Path) -> None:
        if self.broken:
            raise OSError(5, "Input/output error")
        sync(folder)
        if folder == self.store:
            self.synced = self.names()
            self.syncs += 1

    def open(self) -> Database:
        options = DatabaseOptions(checkpoint_threshold="100KB")
        file, staging = self.store / "memory.duckdb", self.store / "staging"
        return Database(file, staging=staging, options=options, sync=self.sync)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def _write(database: Database, rows: int = 1) -> None:
    with database.transaction() as session:
        session.execute("CREATE TABLE IF NOT EXISTS store.main.t (a VARCHAR)")
        fill = "INSERT INTO store.main.t SELECT md5(range::VARCHAR) FROM range($rows)"
        session.execute(fill, {"rows": rows})


def test_the_name_of_a_new_log_is_synced_before_the_write_in_it_is_acknowledged(
    disk: Disk,
) -> None:
    seen = []
    for _ in range(2):
        database = disk.open()
        for _ in range(2):
            _write(database)
            seen.append(LOG in disk.names() & disk.synced)
            database.checkpoint()
        database.close()

    assert seen == [True] * 4


def test_so_is_the_name_of_a_log_that_follows_a_checkpoint_of_the_databases_own(
    disk: Disk,
) -> None:
    database = disk.open()
    there, synced = [], []
    for _ in range(6):
        _write(database, rows=2_000)
        there.append(LOG in disk.names())
        synced.append(LOG in disk.synced or not there[-1])
        if not there[-1]:
            disk.synced = frozenset()  # what is gone will come as another file
    database.close()

    assert all(synced)
    assert there.count(False) >= 1
    assert there[there.index(False) :].count(True) >= 1


def test_a_log_that_goes_on_costs_no_further_sync(disk: Disk) -> None:
    database = disk.open()
    _write(database)
    before = disk.syncs

    for _ in range(5):
        _write(database)

    assert disk.syncs == before
    database.close()


def test_a_write_whose_name_cannot_be_synced_is_not_acknowledged_and_is_the_last(
    disk: Disk,
) -> None:
    database = disk.open()
    disk.broken = True

    with pytest.raises(StorageError, match="power loss"):
        _write(database)

    disk.broken = False
    with pytest.raises(StorageError, match="restart"):
        _write(database)
    with pytest.raises(StorageError, match="restart"):
        database.rows("SELECT 1")
    with suppress(StorageError):
        database.close()


@contextmanager
def _no_file_beyond(size: int) -> Iterator[None]:
    """What a full disk is to whoever writes further."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _rows(database: Database) -> int:
    return int(database.rows("SELECT count(*) FROM store.main.t")[0][0])


def test_reads_and_writes_go_on_after_a_checkpoint_that_found_no_room(disk: Disk) -> None:
    database = disk.open()
    _write(database, rows=1_000)

    with _no_file_beyond(10_000), pytest.raises(StorageFullError):
        database.checkpoint()

    assert _rows(database) == 1_000
    _write(database)
    assert _rows(database) == 1_001
    database.checkpoint()
    database.close()


def test_a_reader_that_is_there_meanwhile_is_waited_for(disk: Disk) -> None:
    database = disk.open()
    _write(database, rows=1_000)

    with suppress(StorageError), database.snapshot() as session:
        session.rows("SELECT count(*) FROM store.main.t")
        with _no_file_beyond(10_000), pytest.raises(StorageFullError):
            database.checkpoint()
        with pytest.raises(StorageError):
            _rows(database)

    assert _rows(database) == 1_000
    database.close()


def test_what_was_committed_stands_though_the_checkpoint_after_it_found_no_room(
    disk: Disk,
) -> None:
    """The log passes the threshold, and fits; the database file does not."""
    database = disk.open()
    _write(database, rows=20_000)
    database.checkpoint()

    with _no_file_beyond(300_000):
        for _ in range(3):
            _write(database, rows=2_000)

    assert _rows(database) == 26_000
    database.close()
    again = disk.open()
    assert _rows(again) == 26_000
    again.close()
