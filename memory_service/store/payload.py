"""The canonical bytes of what a change carries; hashed into the chain and compared for equality."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from memory_service.store.chain import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from memory_service.model.entry import Entry, EntryDraft
    from memory_service.model.write import Passage
    from memory_service.protocols import Vector


def draft_payload(draft: EntryDraft) -> bytes:
    """Every field of a draft; two drafts are the same entry exactly when these bytes are equal.

    The event time counts with the offset it was given in: the date of the key depends on it.
    """
    return canonical(
        {
            "id": draft.id,
            "text": draft.text,
            "summary": draft.summary,
            "kind": draft.kind,
            "scope": draft.scope,
            "tags": list(draft.tags),
            "metadata": dict(draft.metadata),
            "session": draft.session,
            "turn": draft.turn,
            "speaker": draft.speaker,
            "source": draft.source,
            "event_time": draft.event_time.isoformat() if draft.event_time else None,
            "expires_at": instant(draft.expires_at) if draft.expires_at else None,
        }
    )


def draft_hash(draft: EntryDraft) -> bytes:
    """SHA-256 of `draft_payload`: equal for two drafts exactly when they are the same entry."""
    return hashlib.sha256(draft_payload(draft)).digest()


def put_payload(entry: Entry, draft: bytes, passages: Iterable[Passage]) -> bytes:
    """What a put carries: the entry, its version, when it was made, and its vectors.

    *draft* is the payload of the entry's draft.
    """
    head = [entry.version, instant(entry.created_at), instant(entry.updated_at)]
    return canonical(head) + draft + vectors_payload(passages)


def vectors_payload(passages: Iterable[Passage]) -> bytes:
    """The vectors as they are stored: float16, each with its span."""
    parts = []
    for passage in passages:
        parts.append(canonical([passage.span.start, passage.span.stop]))
        parts.append(stored_vector(passage.vector))
    return b"".join(parts)


def settings_payload(settings: Mapping[str, str]) -> bytes:
    """The settings a change sets."""
    return canonical(dict(settings))


#: What a change carries that only takes something away.
NOTHING = canonical(None)


def lost_payload(first: int, last: int) -> bytes:
    """What a change carries that begins an epoch: the numbers of the changes lost before it.

    *last* is below *first* where none is known to be lost.
    """
    return canonical({"lost": [first, last]})


def stored_vector(vector: Vector) -> bytes:
    """A vector at the precision it is kept in: float16, little endian."""
    return vector.astype("<f2").tobytes()


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant(time: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (time - _EPOCH) // _MICROSECOND


def from_instant(micros: int) -> datetime:
    """The time of an `instant`, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)
