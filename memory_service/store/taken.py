"""A copy that was taken, until somebody has read it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.model.keeping import BackupFile, BackupManifest
from memory_service.store.copying import copy_all
from memory_service.store.manifest import DATABASE
from memory_service.store.migrating import SCHEMA_VERSION

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from memory_service.store.connection import Database

#: How files in the staging folder are called that are copies, and may be removed at a start.
PREFIX = "copy-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What a manifest says beside what the copy itself knows."""

    cluster_id: str
    fingerprint: str
    model: str
    created_at: datetime


class TakenCopy:
    """A store's copy in a file of its own, which goes when it is closed."""

    def __init__(self, file: Path, manifest: BackupManifest) -> None:
        self._file = file
        self.manifest = manifest

    def read(self, offset: int, most: int) -> bytes:
        """Up to *most* bytes of the database; empty at its end.

        Raises:
            FileNotFoundError: If it was closed.
        """
        with self._file.open("rb") as stream:
            stream.seek(offset)
            return stream.read(most)

    def close(self) -> None:
        """Remove the file.  Twice is once."""
        self._file.unlink(missing_ok=True)


def take_copy(database: Database, file: Path, naming: Naming) -> TakenCopy:
    """Copy the store as it is at one instant to *file*, in the staging folder.

    Raises:
        StorageError: If it cannot be written; the file is gone then.
    """
    with database.copying(file) as session:
        copied = copy_all(session)
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    manifest = BackupManifest(
        schema=SCHEMA_VERSION,
        cluster_id=naming.cluster_id,
        position=copied.position,
        fingerprint=naming.fingerprint,
        model=naming.model,
        counts=copied.counts,
        created_at=naming.created_at,
        file=BackupFile(name=DATABASE, size=file.stat().st_size, sha256=digest),
    )
    return TakenCopy(file, manifest)


def remove_copies(staging: Path) -> None:
    """Remove what an earlier run left behind."""
    for file in staging.glob(f"{PREFIX}*"):
        file.unlink()
