"""Whether a database is the one that a manifest describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.errors import BackupRefusedError
from memory_service.model.position import BEGINNING
from memory_service.store.chain import first_odd
from memory_service.store.queries import changes_after
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from memory_service.model.keeping import BackupManifest
    from memory_service.model.position import Position
    from memory_service.store.connection import Database

#: Changes read at once.
_WALK = 4_096


def prove(database: Database, manifest: BackupManifest) -> None:
    """Walk the whole log of *database*, and compare what it is with *manifest*.

    Raises:
        BackupRefusedError: If the log is broken, or it is another store or another position.
        StorageError: If it cannot be read.
    """
    broken = verify_chain(database)
    if broken is not None:
        raise BackupRefusedError(
            f"Change {broken} of the backup does not follow from the one before it; nothing was "
            "changed. Take another backup."
        )
    meta = dict(database.rows(statement("read_meta")))
    found = (meta.get("cluster_id"), meta.get("schema"), last_position(database))
    if found != (manifest.cluster_id, str(manifest.schema), manifest.position):
        raise BackupRefusedError(
            "The backup's database is not at the position that its manifest names; nothing was "
            "changed. Take another backup."
        )


def verify_chain(database: Database) -> int | None:
    """Walk the whole log; the seq of the first change that does not follow, `None` if all do."""
    before = BEGINNING
    while changes := changes_after(database, before.seq, _WALK):
        if (odd := first_odd(changes, before)) is not None:
            return odd
        before = changes[-1].position
    return None


def last_position(database: Database) -> Position:
    """Where the log ends."""
    newest = int(database.rows(statement("select_newest"))[0][0])
    last = changes_after(database, newest - 1, 1)
    return last[0].position if last else BEGINNING


def last_epoch(database: Database) -> int:
    """The highest epoch that a change of the store has, or may have next.

    Raises:
        StorageError: If it cannot be read.
    """
    meta = dict(database.rows(statement("read_meta")))
    return max(int(meta.get("epoch", "1")), last_position(database).epoch)
