"""What the store knows of every live entry without asking the database.

The writer decides by it (is the id taken, is there an equal entry?), reads are checked against
it (is the entry still alive?).  It is rebuilt from the rows at every start and changed only after
a commit, by the writer's thread alone.  Readers look at it without a lock: every change replaces
single values of dicts, which Python does atomically, or goes into `columns`, which are made for
it; what a reader finds is checked once more where it matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.position import Position
from memory_service.store.columns import NONE, Columns
from memory_service.store.payload import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from memory_service.model.read import Flags, Ordinals
    from memory_service.model.write import Receipt
    from memory_service.store.columns import Traits


@dataclass(frozen=True, slots=True)
class Slot:
    """A live entry, without what it says.

    `last_seq` is its last change, `length` the terms of its key, times are instants.
    `passages` is 0 while it waits for its vectors.
    """

    id: str
    ordinal: int
    first_seq: int
    last_seq: int
    version: int
    content_hash: bytes
    draft_hash: bytes
    length: int
    created_at: int
    expires_at: int | None
    passages: int

    @property
    def embedded(self) -> bool:
        """Whether it has its vectors."""
        return self.passages > 0

    def expired(self, now: int) -> bool:
        """Whether it is to be hidden at *now*."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(slots=True)
class Shelf:
    """A namespace: its entries by id, by ordinal, by what they say, and in columns."""

    number: int
    name: str
    settings: Mapping[str, str]
    by_id: dict[str, Slot] = field(default_factory=dict)
    by_ordinal: dict[int, Slot] = field(default_factory=dict)
    by_hash: dict[bytes, tuple[Slot, ...]] = field(default_factory=dict)
    expiring: dict[int, int] = field(default_factory=dict)
    pending: dict[int, None] = field(default_factory=dict)
    columns: Columns = field(default_factory=Columns)
    terms: int = 0

    @property
    def entries(self) -> int:
        """How many live entries there are, expired ones that wait for the sweep included."""
        return len(self.by_id)

    def find(self, id: str) -> Slot | None:
        """The live entry of that id, expired or not."""
        return self.by_id.get(id)

    def at(self, ordinal: int) -> Slot | None:
        """The live entry of that ordinal, expired or not."""
        return self.by_ordinal.get(ordinal)

    def twins(self, content_hash: bytes) -> tuple[Slot, ...]:
        """The live entries that say the same."""
        return self.by_hash.get(content_hash, ())

    def fill(self, slots: Iterable[Slot], columns: Columns) -> None:
        """Take in all entries of a namespace that was empty so far."""
        self.columns = columns
        for slot in slots:
            self._enter(slot)

    def put(self, slot: Slot, traits: Traits) -> None:
        """Take a version in, in place of the one of its id; at no time is the id missing."""
        before = self.by_id.get(slot.id)
        self.columns.add(slot, traits)
        self._enter(slot, before)
        if before is not None:
            del self.by_ordinal[before.ordinal]
            self.columns.remove(before.ordinal)

    def change(self, slot: Slot) -> None:
        """Know something else of a version that is there."""
        self._enter(slot, self.by_id[slot.id])

    def _enter(self, slot: Slot, before: Slot | None = None) -> None:
        self.by_ordinal[slot.ordinal] = slot
        self.by_id[slot.id] = slot
        if before is not None:
            self._leave(before)
        self.by_hash[slot.content_hash] = (*self.twins(slot.content_hash), slot)
        self.terms += slot.length
        if slot.expires_at is not None:
            self.expiring[slot.ordinal] = slot.expires_at
        if not slot.embedded:
            self.pending[slot.ordinal] = None

    def discard(self, id: str) -> None:
        """Take an entry out."""
        slot = self.by_id.pop(id)
        del self.by_ordinal[slot.ordinal]
        self.columns.remove(slot.ordinal)
        self._leave(slot)

    def clear(self) -> None:
        """Take every entry out, for readers that still hold a namespace that was dropped."""
        self.columns = Columns()
        for index in (self.by_id, self.by_ordinal, self.by_hash, self.expiring, self.pending):
            index.clear()
        self.terms = 0

    def _leave(self, slot: Slot) -> None:
        rest = tuple(each for each in self.twins(slot.content_hash) if each.id != slot.id)
        if rest:
            self.by_hash[slot.content_hash] = rest
        else:
            del self.by_hash[slot.content_hash]
        self.terms -= slot.length
        self.expiring.pop(slot.ordinal, None)
        self.pending.pop(slot.ordinal, None)

    def expired(self, now: int) -> list[int]:
        """Ordinals that are past their expiry."""
        return [ordinal for ordinal, expires in self.expiring.copy().items() if expires <= now]

    def alive(self, ordinals: Ordinals, now: int) -> Flags:
        """Which of these are live and not expired."""
        return np.not_equal(self.columns.view.find(ordinals, now), NONE)


@dataclass(frozen=True, slots=True)
class Remembered:
    """The receipt of a write that came with a key; `at` is an instant."""

    body_digest: bytes
    receipt: Receipt
    at: int


@dataclass(slots=True)
class Catalogue:
    """Every namespace, the receipts still remembered, and where the log ends."""

    position: Position = field(default_factory=lambda: Position(epoch=1, seq=0))
    shelves: dict[str, Shelf] = field(default_factory=dict)
    receipts: dict[tuple[str, str], Remembered] = field(default_factory=dict)

    def shelf(self, name: str) -> Shelf | None:
        """The namespace, if it is there."""
        return self.shelves.get(name)

    def receipt(self, namespace: str, key: str) -> Remembered | None:
        """What is remembered under a caller's key."""
        return self.receipts.get((namespace, key))

    def all_shelves(self) -> list[Shelf]:
        """Every namespace, by name."""
        return [shelf for _, shelf in sorted(self.shelves.copy().items())]

    def expired(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Namespace and id of entries past their expiry, those that expired first first."""
        micros = instant(now)
        due = sorted(
            (expires, ordinal, shelf)
            for shelf in self.all_shelves()
            for ordinal, expires in shelf.expiring.copy().items()
            if expires <= micros
        )
        return _named((shelf, ordinal) for _, ordinal, shelf in due[:limit])

    def pending(self, limit: int) -> list[tuple[Shelf, list[int]]]:
        """The oldest entries that wait for their vectors, by namespace."""
        waiting = [
            (ordinal, shelf) for shelf in self.all_shelves() for ordinal in shelf.pending.copy()
        ]
        waiting.sort(key=lambda pair: pair[0])
        found: dict[str, tuple[Shelf, list[int]]] = {}
        for ordinal, shelf in waiting[:limit]:
            found.setdefault(shelf.name, (shelf, []))[1].append(ordinal)
        return list(found.values())

    def forget_receipts(self, before: int, most: int) -> None:
        """Drop receipts older than *before*, and the oldest beyond *most*."""
        kept = [pair for pair in self.receipts.items() if pair[1].at > before]
        kept.sort(key=lambda pair: pair[1].at)
        self.receipts = dict(kept[-most:])


def _named(places: Iterable[tuple[Shelf, int]]) -> list[tuple[str, str]]:
    slots = [(shelf.name, shelf.at(ordinal)) for shelf, ordinal in places]
    return [(name, slot.id) for name, slot in slots if slot is not None]
