"""What a write leaves behind: rows for the database, and effects on the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from memory_service.model.entry import Entry
    from memory_service.model.postings import PostingRows
    from memory_service.model.read import Change
    from memory_service.model.write import Passage
    from memory_service.store.catalogue.receipts import Remembered
    from memory_service.store.catalogue.slot import Slot, Traits
    from memory_service.store.connection import Session


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change, and the number of its namespace."""

    number: int
    change: Change


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A version of an entry, with the terms of its key in order."""

    number: int
    entry: Entry
    slot: Slot
    nonce: bytes
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VectorsRow:
    """An entry's vectors and the change that brought them."""

    number: int
    seq: int
    ordinal: int
    nonce: bytes
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class TombstoneRow:
    """A version that is no more since the change *died*."""

    number: int
    ordinal: int
    died: int


@dataclass(frozen=True, slots=True)
class PurgeRow:
    """An entry of which every version older than the change *before* is to be deleted."""

    number: int
    id: str
    before: int


@dataclass(frozen=True, slots=True)
class NamespaceRow:
    """A namespace that came or went."""

    number: int
    seq: int
    name: str
    dropped: bool


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting of a namespace from a change on."""

    number: int
    seq: int
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt to be remembered under a caller's key."""

    namespace: str
    key: str
    remembered: Remembered


@dataclass(slots=True)
class Rows:
    """Rows of one transaction, by table; `postings` are of `entries`, once they are complete.

    `beside` is done in the same transaction.
    """

    changes: list[ChangeRow] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    vectors: list[VectorsRow] = field(default_factory=list)
    next_vectors: list[VectorsRow] = field(default_factory=list)
    tombstones: list[TombstoneRow] = field(default_factory=list)
    namespaces: list[NamespaceRow] = field(default_factory=list)
    settings: list[SettingRow] = field(default_factory=list)
    receipts: list[ReceiptRow] = field(default_factory=list)
    purged: list[PurgeRow] = field(default_factory=list)
    postings: PostingRows | None = None
    beside: Callable[[Session], None] | None = None

    def extend(self, other: Rows) -> None:
        """Take the rows of another in, behind these."""
        self.changes += other.changes
        self.entries += other.entries
        self.vectors += other.vectors
        self.next_vectors += other.next_vectors
        self.tombstones += other.tombstones
        self.namespaces += other.namespaces
        self.settings += other.settings
        self.receipts += other.receipts
        self.purged += other.purged

    def __bool__(self) -> bool:
        return bool(self.changes or self.receipts or self.purged)


@dataclass(frozen=True, slots=True)
class ShelfOpened:
    """A namespace came into being."""

    number: int
    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShelfConfigured:
    """A namespace has other settings."""

    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShelfDropped:
    """A namespace and all it held is gone."""

    name: str


@dataclass(frozen=True, slots=True)
class SlotPut:
    """A version is there, in place of the one of its id."""

    name: str
    slot: Slot
    traits: Traits


@dataclass(frozen=True, slots=True)
class SlotChanged:
    """A version is the same, but for what its slot says."""

    name: str
    slot: Slot


@dataclass(frozen=True, slots=True)
class SlotGone:
    """An entry is no more."""

    name: str
    id: str


Effect = ShelfOpened | ShelfConfigured | ShelfDropped | SlotPut | SlotChanged | SlotGone
