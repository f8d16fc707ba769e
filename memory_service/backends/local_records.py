"""The records of a local backend: entries without a query, kept up with every commit.

The database serves whatever has no record, or one that does not prove itself.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from memory_service.errors import StorageError
from memory_service.store.catalogue.row import GONE, NONE
from memory_service.store.queries import fetch_passages
from memory_service.store.recordfile.filling import Filling
from memory_service.store.recordfile.format import fetched_from, flat_spans, record_of
from memory_service.store.recordfile.saving import Mark, save, take_up
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from memory_service.model.entry import Entry, Span
    from memory_service.model.position import Position
    from memory_service.model.read import Fetched
    from memory_service.store.catalogue.catalogue import Shelf
    from memory_service.store.connection import Database
    from memory_service.store.recordfile.format import Record
    from memory_service.store.recordfile.saving import Tail
    from memory_service.store.records import Rows

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLimits:
    """When a file is full, when it is rewritten (by its dead share), when all is saved."""

    volume_bytes: int
    dead: float
    save_changes: int


class LocalRecords:
    """Entries by ordinal; thread-safe.  `follow` is for the thread that writes.

    Attributes:
        misses: How many entries the database has served, more or less.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        cluster_id: str,
        position: Position,
        limits: RecordLimits,
        since: int = 0,
    ) -> None:
        """Take up what *folder* holds, which is what the store held at *position* or before.

        What was saved before the change *since* counts for nothing: the passages were others.
        """
        self._since = since
        self._database = database
        self._cluster_id = cluster_id
        self._position = position
        self._limits = limits
        taken = take_up(folder, volume_bytes=limits.volume_bytes, known=self._knows)
        self._files = taken.files
        self._filling = Filling(database, taken.files)
        self._upkeep = threading.Lock()
        self._checked = False
        self._dropped = False
        self._unsaved = 0
        self.misses = 0
        self._starting = threading.Thread(
            target=self._start, args=(taken.tails, position.seq), name="records", daemon=True
        )
        self._starting.start()

    @property
    def odd(self) -> int:
        """How many records were found to be not what they should be, since the start."""
        return self._files.odd

    def settle(self) -> None:
        """Wait until what was missing at the start is there."""
        self._starting.join()

    def _knows(self, mark: Mark) -> bool:
        rows = self._database.rows(statement("select_chain"), {"seq": mark.seq})
        chains = [chain for (chain,) in rows] or [""]
        known = Mark(cluster_id=self._cluster_id, seq=mark.seq, chain=chains[0])
        return mark == known and mark.seq >= self._since

    def _start(self, tails: Sequence[Tail], upto: int) -> None:
        try:
            with self._upkeep:
                self._checked = self._filling.check(tails)
                self._unsaved += len(tails) and self._limits.save_changes
                if upto:
                    self._fill(upto)
        except (OSError, StorageError) as error:
            _LOG.warning("records are not saved in this run, being unchecked: %s", error)
        except Exception:  # noqa: BLE001  # the thread's boundary
            _LOG.exception("records are missing, the store serves their entries")

    def _fill(self, upto: int) -> None:
        try:
            self._unsaved += self._filling.fill(upto)
        except (OSError, StorageError) as error:
            self._files.gaps = True
            _LOG.warning("records are missing, the store serves their entries: %s", error)

    def fetch(self, shelf: Shelf, ordinals: Sequence[int]) -> list[Fetched | None]:
        """The entries of *ordinals* in order, with spans if several; `None` for what is gone."""
        records = [self._files.read(ordinal) for ordinal in ordinals]
        # Looked up after the reading: what was forgotten meanwhile does not come out.
        passages = _passages(shelf, ordinals)
        found: list[Fetched | None] = [None] * len(ordinals)
        missing = []
        for place, (record, count) in enumerate(zip(records, passages, strict=True)):
            if record is not None and _says_all(record, count):
                found[place] = fetched_from(record, namespace=shelf.name, passages=count)
            elif count != _GONE:
                missing.append(place)
        return self._completed(shelf, ordinals, found, missing)

    def _completed(
        self,
        shelf: Shelf,
        ordinals: Sequence[int],
        found: list[Fetched | None],
        missing: Sequence[int],
    ) -> list[Fetched | None]:
        """*found*, and at the places *missing* what the database holds."""
        if missing:
            self.misses += len(missing)
            rest = fetch_passages(self._database, shelf, [ordinals[place] for place in missing])
            for place, one in zip(missing, rest, strict=True):
                found[place] = one
        return found

    def entries(self, shelf: Shelf, ordinals: Sequence[int]) -> list[Entry]:
        """The entries of *ordinals*, in order; those that are gone are left out."""
        return [one.entry for one in self.fetch(shelf, ordinals) if one is not None]

    def follow(self, rows: Rows) -> None:
        """Take in what was committed; what cannot be written is served from the database."""
        try:
            self._take_in(rows)
        except OSError as error:
            self._files.gaps = True
            _LOG.warning("records cannot be written, the store serves their entries: %s", error)

    def respan(self, spans: Mapping[int, Sequence[Span]]) -> None:
        """Know the passages of these entries anew, by ordinal; on the writer's thread."""
        several = {ordinal: parts for ordinal, parts in spans.items() if len(parts) > 1}
        try:
            self._unsaved += len(several)
            self._filling.touch(list(several))
            self._files.append(self._with_spans(several))
        except OSError as error:
            self._files.gaps = True
            _LOG.warning("records cannot be written, the store serves their entries: %s", error)

    def _take_in(self, rows: Rows) -> None:
        if rows.changes:
            self._position = rows.changes[-1].change.position
        dead = {row.ordinal for row in rows.tombstones}
        spans = {
            row.ordinal: [passage.span for passage in row.passages]
            for row in rows.vectors
            if row.ordinal not in dead
        }
        fresh = [
            record_of(
                row.entry,
                draft_hash=row.slot.draft_hash,
                spans=spans.pop(row.slot.ordinal, ()),
            )
            for row in rows.entries
            if row.slot.ordinal not in dead
        ]
        late = {ordinal: several for ordinal, several in spans.items() if len(several) > 1}
        self._dropped |= any(row.dropped for row in rows.namespaces)
        self._unsaved += len(dead) + len(fresh) + len(late)
        self._filling.touch([*dead, *late])
        self._files.erase(dead)
        self._files.append(fresh)
        self._files.append(self._with_spans(late))

    def _with_spans(self, late: Mapping[int, Sequence[Span]]) -> list[Record]:
        """The records of entries whose several passages came after them."""
        found = [(self._files.read(ordinal), spans) for ordinal, spans in late.items()]
        return [
            msgspec.structs.replace(record, spans=flat_spans(spans))
            for record, spans in found
            if record is not None
        ]

    def maintain(self) -> None:
        """Fill gaps, erase what was dropped, make room, save."""
        with self._upkeep:
            if self._dropped or self._files.gaps:
                self._dropped = False
                self._fill(self._position.seq)
            self._save(self._limits.save_changes)

    def close(self) -> None:
        """Save; nobody reads or writes any more."""
        self._filling.stop()
        self._starting.join()
        self._save(1)

    def _save(self, changes: int) -> None:
        """Make room and save, if there was room to make or so much has changed.

        Not before all is checked that came after the last save: who saves vouches for it.
        """
        if not self._checked:
            return
        try:
            made = self._files.make_room(self._limits.dead)
            if made or self._unsaved >= changes:
                self._unsaved = 0
                save(self._files, self._mark)
        except OSError as error:
            _LOG.warning("the records could not be saved, the ones before stay: %s", error)

    def _mark(self) -> Mark:
        position = self._position
        return Mark(cluster_id=self._cluster_id, seq=position.seq, chain=position.chain.hex())


#: The passages of an entry that is no more.
_GONE = -1


def _passages(shelf: Shelf, ordinals: Sequence[int]) -> list[int]:
    """How many vectors each has."""
    columns = shelf.columns
    rows = columns.find(np.array(ordinals, np.int64), GONE)
    return np.where(rows == NONE, _GONE, columns.values("passages", rows)).tolist()  # type: ignore[no-any-return]  # of whole numbers


def _says_all(record: Record, passages: int) -> bool:
    """Whether a record holds what is to be said of a live entry with so many vectors."""
    return passages in (0, 1) or len(record.spans) == 2 * passages
