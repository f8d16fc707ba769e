"""What the database complains of, read from its words: they may hold values, so we say our own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from memory_service.errors import (
    CorruptStoreError,
    DamagedLogError,
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
)
#: What it says where the log beside the file is at fault.
_BAD_LOG = ("wal file", "wal of version")
#: How it names the place behind the head (length, checksum) of an entry that is damaged.
_BAD_ENTRY = re.compile(r"entry at byte position (\d+)")
_ENTRY_HEAD = 16
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


def damaged(file: Path, words: str) -> CorruptStoreError:
    """What is said of a file that cannot be read, or of its log if the *words* were of that."""
    if any(sign in words for sign in _BAD_LOG):
        return DamagedLogError(
            f"The log {file}.wal is damaged or of another store and cannot be replayed. Restore a "
            "backup of the data folder, or run `memory-service verify --repair`, which moves it "
            "aside and says what is lost. Nothing was deleted.",
            whole_bytes=_whole_bytes(words),
        )
    return CorruptStoreError(
        f"{file} or its log ({file.name}.wal) is damaged or no store. Restore a backup of the data "
        "folder, or move both files aside to start empty. Nothing was deleted."
    )


def _whole_bytes(words: str) -> int:
    """Where the entry of the log begins that does not prove itself; 0 if that is not said."""
    found = _BAD_ENTRY.search(words)
    return max(0, int(found[1]) - _ENTRY_HEAD) if found else 0


def translated(error: Exception, doing: str, file: Path) -> StorageError:
    """Name the failure; of the database's own words only the class of the error is told."""
    name, words = type(error).__name__, str(error).lower()
    if any(sign in words for sign in _DISK_FULL):
        return StorageFullError(
            "The disk has no room for the store; free some, then try again. Nothing was changed."
        )
    broken = name in _OF_THE_FILE and any(sign in words for sign in _DAMAGED + _BAD_LOG)
    if broken or name == "SerializationException":
        return damaged(file, words)
    return StorageError(
        f"The database refused to {doing} ({name}). Nothing was changed; try again, "
        "and look at the daemon's log if it stays."
    )
