"""What a copy of a store is and says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from memory_service.model.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCounts:
    """How much a store holds: what is live, and every change of its log."""

    entries: int
    changes: int
    namespaces: int
    vectors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFile:
    """A file of a backup: its name without a folder, its bytes, their SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupManifest:
    """What a backup is.

    Args:
        schema: The version of the store's tables.
        cluster_id: Of the store and its copies.
        position: The last change in it, with its chain.
        fingerprint: Of the embedder and what turns entries into texts; empty if none was bound.
        model: The embedder's name; empty if none was bound.
        counts: What it holds.
        created_at: When it was made, UTC.
        file: The database.
    """

    schema: int
    cluster_id: str
    position: Position
    fingerprint: str
    model: str
    counts: StoreCounts
    created_at: datetime
    file: BackupFile


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactReport:
    """What rewriting a store did.

    Args:
        position: Of the store; the same before and after.
        bytes_before: Of the database file and its log.
        bytes_after: The same, now.
        writes_waited: Seconds for which no write was taken.
        removed: Files of the data folder that were deleted because they may hold what was purged.
        not_covered: What may still hold it, and is left to its owner: backups that were made
            before, and states that a restore put aside.
    """

    position: Position
    bytes_before: int
    bytes_after: int
    writes_waited: float
    removed: tuple[str, ...]
    not_covered: tuple[str, ...]
