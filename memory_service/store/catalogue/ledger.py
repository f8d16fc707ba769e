"""All live entries of all namespaces, by the numbers of these."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from memory_service.store.catalogue.columns import Columns
from memory_service.store.catalogue.sealed import Sealed
from memory_service.store.catalogue.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from memory_service.store.catalogue.slot import Slot, Traits


class Ledger:
    """What is *sealed*, and what happened since; changed by the writer's thread alone."""

    def __init__(self, sealed: Sealed | None = None) -> None:
        self.sealed = sealed or Sealed.empty()
        self.columns = {
            number: Columns(self.sealed, number) for number in self.sealed.numbers.tolist()
        }
        self.entries = len(self.sealed)
        self.pending = len(self.sealed.waiting)
        self._waiting = Waiting(self.sealed)
        self.changes = 0
        self.gone = 0

    def open(self, number: int) -> None:
        """Have a namespace of that number."""
        if number not in self.columns:
            self.columns[number] = Columns(self.sealed, number)

    def keep_only(self, numbers: Iterable[int]) -> None:
        """Have these namespaces and no others."""
        wanted = set(numbers)
        for number in self.columns.keys() - wanted:
            self.drop(number)
        for number in wanted:
            self.open(number)

    def drop(self, number: int) -> None:
        """Take a namespace out with all it holds."""
        columns = self.columns.pop(number)
        self.entries -= columns.entries
        self.pending -= columns.waiting
        self.gone += columns.entries
        self.changes += 1
        self._waiting.drop(number)

    def put(self, number: int, slot: Slot, traits: Traits) -> None:
        """Take a version in, in place of the one of its id."""
        before = self.columns[number].put(slot, traits)
        self._entered(number, slot)
        self._left(before)

    def enter(self, number: int, slot: Slot, traits: Traits) -> None:
        """Take in a version of an id that is not there."""
        self.columns[number].enter(slot, traits)
        self._entered(number, slot)

    def change(self, number: int, slot: Slot) -> None:
        """Know something else of a version, if it is there."""
        before = self.columns[number].change(slot)
        self.changes += 1
        if before is not None and slot.embedded and not before.embedded:
            self._no_longer_waits(slot.ordinal)

    def embed(self, number: int, ordinal: int, *, seq: int, passages: int) -> None:
        """Know that a change brought the vectors of a version, if it is there."""
        if (slot := self.columns[number].at(ordinal)) is not None:
            self.change(number, replace(slot, last_seq=seq, passages=passages))

    def discard(self, number: int, id: str) -> None:
        """Take an entry out, if it is there."""
        self.changes += 1
        self._left(self.columns[number].discard(id))

    def oldest_waiting(self, limit: int) -> list[tuple[int, int]]:
        """Ordinal and namespace of the oldest entries that wait for their vectors."""
        return self._waiting.oldest(limit, self.columns)

    def _entered(self, number: int, slot: Slot) -> None:
        self.changes += 1
        self.entries += 1
        if not slot.embedded:
            self.pending += 1
            self._waiting.add(slot.ordinal, number)

    def _left(self, slot: Slot | None) -> None:
        if slot is None:
            return
        self.entries -= 1
        self.gone += 1
        if not slot.embedded:
            self._no_longer_waits(slot.ordinal)

    def _no_longer_waits(self, ordinal: int) -> None:
        self.pending -= 1
        self._waiting.remove(ordinal, self.columns)
