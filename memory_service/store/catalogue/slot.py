"""What is known of an entry from memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.model.asking import asks
from memory_service.model.entry import FIRST_DAY
from memory_service.store.payload import instant

if TYPE_CHECKING:
    from memory_service.model.entry import Entry


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a ranking may know of a version; `day` counts from 1970-01-01."""

    session: str | None
    turn: int | None
    speaker: str | None
    asks: bool
    day: int | None
    written: float


def traits_of(entry: Entry) -> Traits:
    """The traits of an entry."""
    draft = entry.draft
    return Traits(
        session=draft.session,
        turn=draft.turn,
        speaker=draft.speaker,
        asks=asks(draft.text),
        day=draft.event_time.toordinal() - FIRST_DAY if draft.event_time else None,
        written=instant(entry.updated_at) / 1e6,
    )
