"""What the store knows of every live entry without asking the database.

The writer decides by it (is the id taken, is there an equal entry?), reads are checked against
it (is the entry still alive?).  It is taken up from its file or the rows at every start and
changed only after a commit, by the writer's thread alone.  Readers look at it without a lock:
what it holds is made for that, and what a reader finds is checked once more where it matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.position import Position
from memory_service.model.read import NamespaceSummary
from memory_service.store.catalogue.columns import Columns
from memory_service.store.catalogue.ledger import Ledger
from memory_service.store.catalogue.receipts import Receipts
from memory_service.store.catalogue.row import GONE, NONE
from memory_service.store.catalogue.sealed import Sealed
from memory_service.store.payload import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from memory_service.model.read import Flags, Ordinals
    from memory_service.store.catalogue.receipts import Remembered
    from memory_service.store.catalogue.slot import Slot, Traits


@dataclass(slots=True)
class Current:
    """The ledger of the moment; another one takes its place when it was sealed anew."""

    ledger: Ledger = field(default_factory=Ledger)


@dataclass(slots=True)
class Shelf:
    """A namespace: its number, its name, its settings, and what it holds."""

    number: int
    name: str
    settings: Mapping[str, str]
    current: Current

    @property
    def columns(self) -> Columns:
        """What it holds at this moment; nothing once it was dropped."""
        return self.current.ledger.columns.get(self.number, _NOTHING)

    @property
    def entries(self) -> int:
        """How many live entries there are, expired ones that wait for the sweep included."""
        return self.columns.entries

    @property
    def terms(self) -> int:
        """How many terms they have."""
        return self.columns.terms

    @property
    def pending(self) -> int:
        """How many of them wait for their vectors."""
        return self.columns.waiting

    def summary(self) -> NamespaceSummary:
        """The namespace in figures."""
        return NamespaceSummary(
            name=self.name,
            entries=self.entries,
            pending=self.pending,
            settings=dict(self.settings),
        )

    def find(self, id: str) -> Slot | None:
        """The live entry of that id, expired or not."""
        columns = self.columns
        return columns.slot_at(columns.row_of(id))

    def at(self, ordinal: int) -> Slot | None:
        """The live entry of that ordinal, expired or not."""
        return self.columns.at(ordinal)

    def twins(self, content_hash: bytes) -> tuple[Slot, ...]:
        """The live entries that say the same."""
        columns = self.columns
        slots = [columns.slot_at(row) for row in columns.saying(content_hash)]
        return tuple(slot for slot in slots if slot is not None)

    def ids(self, ordinals: Ordinals) -> list[str]:
        """The ids of these; an empty string for one that is not alive, expired or not."""
        columns = self.columns
        return columns.ids_at(columns.find(ordinals, GONE))

    def expired(self, now: int) -> int:
        """How many entries are past their expiry."""
        return len(self.columns.expired(now))

    def alive(self, ordinals: Ordinals, now: int) -> Flags:
        """Which of these are live and not expired."""
        return np.not_equal(self.columns.find(ordinals, now), NONE)


_NOTHING = Columns(Sealed.empty(), 0)


@dataclass(slots=True)
class Catalogue:
    """Every namespace, the keys of receipts still remembered, and where the log ends.

    `epoch` is the one that the next change belongs to, if it is above that of `position`.
    """

    position: Position = field(default_factory=lambda: Position(epoch=1, seq=0))
    epoch: int = 1
    shelves: dict[str, Shelf] = field(default_factory=dict)
    receipts: Receipts = field(default_factory=Receipts)
    current: Current = field(default_factory=Current)
    _by_number: dict[int, Shelf] = field(default_factory=dict)
    _noted: list[Callable[[Ledger], None]] | None = None

    @property
    def entries(self) -> int:
        """How many live entries there are in all."""
        return self.current.ledger.entries

    @property
    def pending(self) -> int:
        """How many of them wait for their vectors."""
        return self.current.ledger.pending

    def shelf(self, name: str) -> Shelf | None:
        """The namespace, if it is there."""
        return self.shelves.get(name)

    def receipt(self, namespace: str, key: str) -> Remembered | None:
        """What is remembered under a caller's key."""
        return self.receipts.find(namespace, key)

    def all_shelves(self) -> list[Shelf]:
        """Every namespace, by name."""
        return [shelf for _, shelf in sorted(self.shelves.copy().items())]

    def open(self, number: int, name: str, settings: Mapping[str, str]) -> None:
        """Have a namespace."""
        self._do(partial(Ledger.open, number=number))
        shelf = Shelf(number, name, settings, self.current)
        self._by_number[number] = self.shelves[name] = shelf

    def drop(self, name: str) -> None:
        """Take a namespace out with all it holds."""
        shelf = self.shelves.pop(name)
        del self._by_number[shelf.number]
        self._do(partial(Ledger.drop, number=shelf.number))

    def put(self, name: str, slot: Slot, traits: Traits) -> None:
        """Take a version in, in place of the one of its id; at no time is the id missing."""
        number = self.shelves[name].number
        self._do(partial(Ledger.put, number=number, slot=slot, traits=traits))

    def change(self, name: str, slot: Slot) -> None:
        """Know something else of a version that is there."""
        self._do(partial(Ledger.change, number=self.shelves[name].number, slot=slot))

    def discard(self, name: str, id: str) -> None:
        """Take an entry out."""
        self._do(partial(Ledger.discard, number=self.shelves[name].number, id=id))

    def _do(self, step: Callable[[Ledger], None]) -> None:
        step(self.current.ledger)
        if self._noted is not None:
            self._noted.append(step)

    def note_changes(self) -> None:
        """Note from now on what is done, for a ledger that is made of what there is."""
        self._noted = []

    def stop_noting(self) -> None:
        """Do not note it any more."""
        self._noted = None

    def take_up(self, ledger: Ledger) -> None:
        """Go on with *ledger*, once what was noted is done to it too."""
        for step in self._noted or ():
            step(ledger)
        self.current.ledger = ledger

    def expired(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Namespace and id of entries past their expiry, those that expired first first."""
        micros = instant(now)
        due = sorted(
            (expires, ordinal, shelf.name, id)
            for shelf in self.all_shelves()
            for expires, ordinal, id in _expired(shelf.columns, micros, limit)
        )
        return [(name, id) for _, _, name, id in due[:limit]]

    def oldest_pending(self, limit: int) -> list[tuple[Shelf, list[int]]]:
        """The oldest entries that wait for their vectors, by namespace."""
        found: dict[int, list[int]] = {}
        for ordinal, number in self.current.ledger.oldest_waiting(limit):
            found.setdefault(number, []).append(ordinal)
        shelves = self._by_number
        return [
            (shelf, ordinals)
            for number, ordinals in found.items()
            if (shelf := shelves.get(number)) is not None
        ]


def _expired(columns: Columns, now: int, limit: int) -> Iterable[tuple[int, int, str]]:
    """Instant, ordinal and id of what is past its expiry, at most *limit*, in that order."""
    rows = columns.expired(now)
    if not len(rows):
        return ()
    rows = rows[np.argsort(columns.values("expires", rows), kind="stable")[:limit]]
    expires, ordinals = columns.values("expires", rows), columns.ordinals_at(rows)
    return zip(expires.tolist(), ordinals.tolist(), columns.ids_at(rows), strict=True)
