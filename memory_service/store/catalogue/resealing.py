"""Keeps the catalogue's file close to what is in memory, and memory small.

What changed since the last time is frozen on the writer's thread, written to a file while writes
go on, and the file takes the place of what it was made from; what was written meanwhile is then
done once more.  Ids and hashes of what is forgotten leave the file with the next one: within an
hour and two rounds of maintenance, or at the next clean close.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from memory_service.store.catalogue.freezing import Frozen, whole_of
from memory_service.store.catalogue.ledger import Ledger
from memory_service.store.catalogue.sealed_file import Stamp, read, write
from memory_service.store.catalogue.sealing import seal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from memory_service.store.catalogue.catalogue import Catalogue

#: How long what is forgotten may stay in the file while little else happens.
_FORGOTTEN_STAYS = timedelta(hours=1)
#: Due, too, when so great a share of the file changed; at a close, a smaller one is enough.
_SHARE = 16
_SHARE_AT_CLOSE = 1_000


class Resealing:
    """Writes *file* when that is due, and takes it up.

    Args:
        catalogue: Of which store.
        file: Where.
        cluster_id: The store's.
        least: From how many changes on it is due.
        run: Runs something on the writer's thread, between two commits.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        file: Path,
        cluster_id: str,
        least: int,
        run: Callable[[Callable[[], None]], None],
    ) -> None:
        self._catalogue = catalogue
        self._file = file
        self._cluster_id = cluster_id
        self._least = least
        self._run = run
        self._gone_since: datetime | None = None

    def maintain(self, now: datetime) -> None:
        """Do it if it is due.

        Raises:
            StorageError: If the file cannot be written; the one before stays.
        """
        if self._due(now):
            self.reseal()

    def reseal(self) -> None:
        """Do it, due or not.  One thread at a time.

        Raises:
            StorageError: If the file cannot be written; the one before stays.
        """
        frozen: list[Frozen] = []
        try:
            self._run(lambda: frozen.append(self._freeze()))
            self._write(frozen[0])
            ledger = Ledger(read(self._file)[0])
            ledger.keep_only(frozen[0].numbers())
            self._run(lambda: self._catalogue.take_up(ledger))
        finally:
            self._catalogue.stop_noting()
        self._gone_since = None

    def close(self) -> None:
        """Write what changed, once nothing writes any more.

        Raises:
            StorageError: If the file cannot be written; the one before stays.
        """
        ledger = self._catalogue.current.ledger
        if ledger.gone or ledger.changes > len(ledger.sealed) // _SHARE_AT_CLOSE:
            self._write(Frozen.of(self._catalogue))

    def _due(self, now: datetime) -> bool:
        ledger = self._catalogue.current.ledger
        if ledger.changes >= max(self._least, len(ledger.sealed) // _SHARE):
            return True
        if not ledger.gone:
            return False
        self._gone_since = self._gone_since or now
        return now - self._gone_since >= _FORGOTTEN_STAYS

    def _freeze(self) -> Frozen:
        self._catalogue.note_changes()
        return Frozen.of(self._catalogue)

    def _write(self, frozen: Frozen) -> None:
        position = frozen.position
        stamp = Stamp(
            watermark=position.seq, chain=position.chain.hex(), cluster_id=self._cluster_id
        )
        write(self._file, seal(whole_of(frozen)), stamp)
