"""What is due between writes: dead rows, the checkpoint, the files of the vectors."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from memory_service.errors import StorageFullError
from memory_service.store.maintenance import tidy
from memory_service.store.payload import instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from memory_service.backends.local_lexical import LocalLexical
    from memory_service.backends.local_options import LocalOptions
    from memory_service.store.catalogue.catalogue import Catalogue
    from memory_service.store.connection import Database
    from memory_service.store.room import Reserve


def receipts_since(now: datetime, hours: float) -> int:
    """The instant up to which receipts are dead that are kept for so many hours."""
    return instant(now - timedelta(hours=hours))


class Housekeeping:
    """Keeps the database small and its log short; runs on the writer's thread."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        lexical: LocalLexical,
        *,
        options: LocalOptions,
        clock: Callable[[], datetime],
        reserve: Reserve,
        save_vectors: Callable[[int, int], None],
    ) -> None:
        """*save_vectors* is told the last change, and from how many on it is worth it."""
        self._database = database
        self._catalogue = catalogue
        self._lexical = lexical
        self._options = options
        self._clock = clock
        self._reserve = reserve
        self._save_vectors = save_vectors
        self._checkpointed = catalogue.position

    def run(self, *, most_dead: int | None = None, changes: int | None = None) -> None:
        """Do what is due.

        Args:
            most_dead: From how many dead versions on they are removed; as set if `None`.
            changes: From how many changes on the vectors are saved; as set if `None`.

        Raises:
            StorageError: If it could not be done; nothing is lost.
        """
        since = receipts_since(self._clock(), self._options.idempotency_hours)
        self._catalogue.receipts.forget(since, self._options.most_receipts)
        self._lexical.bury()
        done = tidy(
            self._database,
            receipts_since=since,
            most_dead=most_dead or self._options.merge_dead,
            keeping=self._options.keeping,
            now=self._clock(),
        )
        if done or self._catalogue.position != self._checkpointed:
            self.checkpoint()
        self._reserve.keep()
        self.save(changes=changes or self._options.save_changes)

    def checkpoint(self) -> None:
        """Move the log into the file; where there is no room, into that of the reserve.

        Raises:
            StorageError: If it failed; nothing is lost, and reads and writes go on.
        """
        position = self._catalogue.position
        try:
            self._database.checkpoint()
        except StorageFullError:
            if not self._reserve.give():
                raise
            self._database.checkpoint()
        self._checkpointed = position

    def save(self, *, changes: int = 1) -> None:
        """Save the vectors, if so many of them have changed.

        Raises:
            StorageError: If it failed; what was saved before stays.
        """
        self._save_vectors(self._catalogue.position.seq, changes)
