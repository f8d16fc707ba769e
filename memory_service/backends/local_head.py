"""The head file of a local backend, and whether its store may be written to."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from memory_service.errors import CorruptStoreError, DamagedError, StorageError
from memory_service.store.head import HEAD_FILE, HeadRecord, begin_head, read_head
from memory_service.store.head_file import HeadFile
from memory_service.store.standing import damage_of
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.model.position import Position
    from memory_service.store.connection import Database
    from memory_service.store.head import HeadReading
    from memory_service.store.standing import Damage

_LOG = logging.getLogger(__name__)

#: In the store's `meta`: that it has a head file.
HAS_HEAD = "head"


class LocalHead:
    """Keeps the head file up, unless the store turns out to be damaged: then nothing is written."""

    def __init__(self, file: Path, *, head: HeadFile | None, damage: Damage | None) -> None:
        self._file = file
        self._head = head
        self.damage = damage

    @classmethod
    def take_up(
        cls,
        database: Database,
        store: Path,
        *,
        cluster_id: str,
        position: Position,
        on_failed: Callable[[str], None] = lambda _: None,
    ) -> LocalHead:
        """Compare the head file in *store* with the log, which ends at *position*.

        Where it is behind the log, as after a kill, it is brought up to it.  *on_failed* hears of
        a sync of it that fails later.

        Raises:
            StorageError: If the file cannot be read or written.
        """
        file = store / HEAD_FILE
        had_head = has_head(database)
        try:
            reading = read_head(file)
            damage = damage_of(
                database, reading, position=position, cluster_id=cluster_id, had_head=had_head
            )
            if damage is not None:
                _LOG.error("the store is damaged: %s", damage.detail)
                return cls(file, head=None, damage=damage)
            record = HeadRecord(cluster_id=cluster_id, position=position)
            slot = _brought_up(file, reading, record)
            head = HeadFile(file, cluster_id=cluster_id, slot=slot, on_failed=on_failed)
        except OSError as error:
            raise StorageError(
                f"{file} cannot be used ({error.strerror}); mend its permissions or its disk."
            ) from error
        if not had_head:
            note_head(database)
        return cls(file, head=head, damage=None)

    def check_writable(self) -> None:
        """Refuse a write where the store is damaged.

        Raises:
            DamagedError: If it is.
        """
        if self.damage is not None:
            raise DamagedError(self.damage.detail)

    def note(self, position: Position) -> None:
        """Record a commit; see `HeadFile.note`."""
        self.check_writable()
        if self._head is not None:
            self._head.note(position)

    def close(self) -> None:
        """Sync, and release the file."""
        if self._head is not None:
            self._head.close()
            self._head = None


def check_database_there(store: Path) -> None:
    """Refuse to make a new database where the head file says that there was one.

    Raises:
        CorruptStoreError: If it is gone.
    """
    file, head = store / "memory.duckdb", store / HEAD_FILE
    newest = read_head(head).newest
    if newest and newest.position.seq and not file.exists():
        raise CorruptStoreError(
            f"{file} is gone, though changes up to {newest.position.seq} were acknowledged. "
            f"Restore a backup; to start empty, move {head} aside. Nothing was changed."
        )


def has_head(database: Database) -> bool:
    """Whether the store is known to have a head file."""
    return HAS_HEAD in dict(database.rows(statement("read_meta")))


def note_head(database: Database) -> None:
    """Note that the store has a head file, once it has."""
    with database.transaction() as session:
        session.execute(statement("add_meta"), {"key": HAS_HEAD, "value": HEAD_FILE})


def _brought_up(file: Path, reading: HeadReading, record: HeadRecord) -> int:
    """Where the newest record stands in the file, which is of *record*'s position then."""
    if reading.newest == record and not reading.odd:
        return reading.slot
    if reading.odd:
        _LOG.warning("%d records of %s were damaged; it is written anew", reading.odd, file)
    begin_head(file, record)
    return 0
