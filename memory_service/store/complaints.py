"""What the database complains of, read from its words: they may hold values, so we say our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.errors import (
    CorruptStoreError,
    StorageError,
    StorageFullError,
    SyncFailedError,
)

if TYPE_CHECKING:
    from pathlib import Path

RESTART = "The store cannot be used until the daemon is restarted."
_DISK_FULL = ("no space left", "disk full", "could not write all bytes", "file too large")
_DAMAGED = (
    "not a valid duckdb database",
    "could not read enough bytes",
    "corrupt database file",
    "corrupt wal file",
)
#: Classes of errors that may come from the file itself.
_OF_THE_FILE = ("Error", "IOException")


def committed(error: Exception) -> bool:
    """Whether a commit is durable although the checkpoint after it failed."""
    return "commit succeeded and is durable" in str(error).lower()


def refused(error: Exception) -> bool:
    """Whether a checkpoint failed, so that the file must be attached anew."""
    return "has been invalidated" in str(error).lower()


def sync_failed(error: Exception) -> bool:
    """Whether the disk did not take what it was given."""
    return "fsync failed" in str(error).lower()


def sync_failure(file: Path) -> SyncFailedError:
    """What is said then."""
    return SyncFailedError(
        f"{file} or its log could not be synced to the disk; whether the last write is there is "
        f"not known, all before it are. {RESTART} Look after the disk first."
    )


def damaged(file: Path) -> CorruptStoreError:
    """What is said of a file that cannot be read."""
    return CorruptStoreError(
        f"{file} or its log ({file.name}.wal) is damaged or no store. Restore a backup of the data "
        "folder, or move both files aside to start empty. Nothing was deleted."
    )


def translated(error: Exception, doing: str, file: Path) -> StorageError:
    """Name the failure; of the database's own words only the class of the error is told."""
    name, words = type(error).__name__, str(error).lower()
    if any(sign in words for sign in _DISK_FULL):
        return StorageFullError(
            "The disk has no room for the store; free some, then try again. Nothing was changed."
        )
    broken = name in _OF_THE_FILE and any(sign in words for sign in _DAMAGED)
    if broken or name == "SerializationException":
        return damaged(file)
    return StorageError(
        f"The database refused to {doing} ({name}). Nothing was changed; try again, "
        "and look at the daemon's log if it stays."
    )
