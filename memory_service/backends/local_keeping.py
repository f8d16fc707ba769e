"""Copies of a local store, and the store written anew."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.errors import StorageError
from memory_service.model.keeping import CompactReport
from memory_service.store.known_backups import known_backups, note_backup
from memory_service.store.rewriting import rewrite
from memory_service.store.taken import PREFIX, Naming, TakenCopy, remove_copies, take_copy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.model.position import Position
    from memory_service.store.connection import Database
#: Beside the store: which backups were made, what was put aside, what could not be read.
BACKUPS = "backups.jsonl"
REPLACED = "replaced"
QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalKeeping:
    """Over one data folder.

    Args:
        database: The store's.
        folder: The data folder.
        run: Runs something on the writer's thread, between two commits.
    """

    database: Database
    folder: Path
    run: Callable[[Callable[[], None]], None]

    @classmethod
    def over(
        cls, database: Database, folder: Path, *, run: Callable[[Callable[[], None]], None]
    ) -> LocalKeeping:
        """Take *folder* over, and remove copies that an earlier run left there."""
        keeping = cls(database=database, folder=folder, run=run)
        remove_copies(keeping.staging)
        return keeping

    @property
    def staging(self) -> Path:
        """Where copies are made."""
        return self.folder / "store" / "staging"

    def copy(self, naming: Naming) -> TakenCopy:
        """Copy the store; writes and recalls go on.

        Raises:
            StorageError: If it cannot be written, for want of room for example.
        """
        taken = take_copy(self.database, self._fresh(), naming)
        try:
            note_backup(self.folder / BACKUPS, taken.manifest)
        except OSError as error:
            taken.close()
            raise StorageError(
                f"{self.folder / BACKUPS} cannot be written ({error.strerror}), so no backup was "
                "made: a purge could not name it. Make room, or mend its permissions."
            ) from error
        return taken

    def compact(self, position: Position, *, reached: Callable[[str], None]) -> CompactReport:
        """Write the database anew, and remove what else may hold what is no more.

        *reached* is told the stages of `rewrite`.

        Raises:
            StorageError: If it cannot be written; the file before stays.
        """
        before = self._bytes()
        waited = rewrite(self.database, self._fresh(), run=self.run, reached=reached)
        return CompactReport(
            position=position,
            bytes_before=before,
            bytes_after=self._bytes(),
            writes_waited=waited,
            removed=tuple(self._removed()),
            not_covered=self._not_covered(),
        )

    def _fresh(self) -> Path:
        return self.staging / f"{PREFIX}{secrets.token_hex(8)}.duckdb"

    def _bytes(self) -> int:
        store = self.folder / "store"
        return sum(file.stat().st_size for file in store.glob("memory.duckdb*"))

    def _removed(self) -> list[str]:
        """Remove what was put into quarantine, and name it."""
        files = [file for file in (self.folder / QUARANTINE).rglob("*") if not file.is_dir()]
        for file in files:
            file.unlink()
        return [str(file.relative_to(self.folder)) for file in sorted(files)]

    def _not_covered(self) -> tuple[str, ...]:
        aside = sorted((self.folder / REPLACED).glob("*"))
        return (*known_backups(self.folder / BACKUPS), *(str(folder) for folder in aside))
