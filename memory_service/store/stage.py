"""A catalogue with changes that are not committed yet.

A stage lies over the catalogue, or over another stage: what it changes is seen through it alone.
One that succeeds is absorbed by what lies below; one that fails is thrown away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.model.position import Position
from memory_service.model.read import Change, ChangeKind
from memory_service.store.catalogue.catalogue import Current, Shelf
from memory_service.store.chain import chained
from memory_service.store.records import (
    ChangeRow,
    Effect,
    Rows,
    ShelfConfigured,
    ShelfDropped,
    ShelfOpened,
    SlotChanged,
    SlotGone,
    SlotPut,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from memory_service.store.catalogue.catalogue import Catalogue
    from memory_service.store.catalogue.receipts import Remembered
    from memory_service.store.catalogue.slot import Slot

#: Where a namespace lies that is not committed yet: nothing is below it.
_NOWHERE = Current()
#: What stands in place of a namespace's number where there is none.
_NO_NUMBER = 0


class StagedShelf:
    """A namespace as a stage sees it."""

    def __init__(self, below: Shelf | StagedShelf) -> None:
        self._below = below
        self._slots: dict[str, Slot | None] = {}
        self._ids: dict[int, str] = {}
        self._hashes: dict[bytes, set[str]] = {}
        self.number: int = below.number
        self.name: str = below.name
        self.settings: Mapping[str, str] = below.settings
        self.entries: int = below.entries

    def find(self, id: str) -> Slot | None:
        """The live entry of that id, expired or not."""
        return self._slots[id] if id in self._slots else self._below.find(id)

    def at(self, ordinal: int) -> Slot | None:
        """The live entry of that ordinal, expired or not."""
        below = self._below.at(ordinal)
        id = self._ids.get(ordinal, below.id if below else None)
        slot = self.find(id) if id is not None else None
        return slot if slot and slot.ordinal == ordinal else None

    def touched(self, id: str) -> bool:
        """Whether something happened to that id that is not committed yet."""
        below = self._below
        return id in self._slots or (isinstance(below, StagedShelf) and below.touched(id))

    def twins(self, content_hash: bytes) -> tuple[Slot, ...]:
        """The live entries that say the same."""
        below = [slot for slot in self._below.twins(content_hash) if slot.id not in self._slots]
        own = [self._slots[id] for id in self._hashes.get(content_hash, ())]
        return (*below, *(slot for slot in own if slot and slot.content_hash == content_hash))

    def put(self, slot: Slot) -> None:
        """Take an entry in, in place of the one of its id."""
        self.entries += self.find(slot.id) is None
        self._slots[slot.id] = slot
        self._ids[slot.ordinal] = slot.id
        self._hashes.setdefault(slot.content_hash, set()).add(slot.id)

    def discard(self, id: str) -> None:
        """Take an entry out."""
        self.entries -= 1
        self._slots[id] = None


class Stage:
    """Changes on their way: rows to write, effects to publish once they are written."""

    def __init__(self, below: Catalogue | Stage) -> None:
        self._below = below
        self._shelves: dict[str, StagedShelf | None] = {}
        self._receipts: dict[tuple[str, str], Remembered] = {}
        self.position: Position = below.position
        self.epoch: int = below.epoch
        self.rows = Rows()
        self.effects: list[Effect] = []

    def shelf(self, name: str) -> StagedShelf | None:
        """The namespace, if it is there."""
        if name not in self._shelves:
            below = self._below.shelf(name)
            self._shelves[name] = StagedShelf(below) if below else None
        return self._shelves[name]

    def receipt(self, namespace: str, key: str) -> Remembered | None:
        """What is remembered under a caller's key."""
        return self._receipts.get((namespace, key)) or self._below.receipt(namespace, key)

    def remember(self, namespace: str, key: str, remembered: Remembered) -> None:
        """Remember a receipt within this stage."""
        self._receipts[(namespace, key)] = remembered

    def do(self, effect: Effect) -> None:
        """Change what this stage shows."""
        match effect:
            case ShelfOpened(number, name, settings):
                self._shelves[name] = StagedShelf(Shelf(number, name, settings, _NOWHERE))
            case ShelfDropped(name):
                self._shelves[name] = None
            case ShelfConfigured(name, settings):
                self._there(name).settings = settings
            case SlotPut(name, slot) | SlotChanged(name, slot):
                self._there(name).put(slot)
            case SlotGone(name, id):
                self._there(name).discard(id)
        self.effects.append(effect)

    def _there(self, name: str) -> StagedShelf:
        shelf = self.shelf(name)
        if shelf is None:
            raise LookupError(name)
        return shelf

    @property
    def next_seq(self) -> int:
        """The seq of the next change."""
        return self.position.seq + 1

    def change(
        self,
        kind: ChangeKind,
        shelf: StagedShelf,
        *,
        now: datetime,
        digest: bytes,
        id: str = "",
        previous: int = 0,
    ) -> int:
        """Note a change, of the entry *id* if it is an entry's; its seq."""
        change = Change(
            position=Position(epoch=max(self.epoch, self.position.epoch), seq=self.next_seq),
            kind=kind,
            namespace=shelf.name,
            id=id,
            previous=previous,
            at=now,
            digest=digest,
        )
        return self._log(shelf.number, change)

    def change_store(self, kind: ChangeKind, *, now: datetime, digest: bytes) -> int:
        """Note a change of the store as a whole, of no namespace; its seq."""
        change = Change(
            position=Position(epoch=self.position.epoch, seq=self.next_seq),
            kind=kind,
            namespace="",
            id="",
            previous=0,
            at=now,
            digest=digest,
        )
        return self._log(_NO_NUMBER, change)

    def _log(self, number: int, change: Change) -> int:
        change = chained(self.position, change)
        self.position = change.position
        self.rows.changes.append(ChangeRow(number, change))
        return change.position.seq

    def absorb(self, above: Stage) -> None:
        """Take over what a stage over this one did."""
        for effect in above.effects:
            self.do(effect)
        self.rows.extend(above.rows)
        self._receipts |= above._receipts  # of the same class
        self.position = above.position


def publish(stage: Stage, catalogue: Catalogue) -> None:
    """Show what was committed to every reader."""
    for effect in stage.effects:
        _publish_one(effect, catalogue)
    for row in stage.rows.receipts:
        catalogue.receipts.note(row.namespace, row.key, row.remembered.at)
    catalogue.position = stage.position


def _publish_one(effect: Effect, catalogue: Catalogue) -> None:
    match effect:
        case ShelfOpened(number, name, settings):
            catalogue.open(number, name, settings)
        case ShelfDropped(name):
            catalogue.drop(name)
        case ShelfConfigured(name, settings):
            catalogue.shelves[name].settings = settings
        case SlotPut(name, slot, traits):
            catalogue.put(name, slot, traits)
        case SlotChanged(name, slot):
            catalogue.change(name, slot)
        case SlotGone(name, id):
            catalogue.discard(name, id)
