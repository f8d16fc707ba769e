"""One record: all that an entry is but its namespace and whether it is embedded.

A record is a head and a body.  The head holds the body's length, the ordinal and a checksum over
all the rest, so a record proves itself wherever it was read from.  What was erased keeps its
length alone, so that a walk over a file finds the next.
"""

from __future__ import annotations

import struct
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import xxhash

from memory_service.model.entry import Entry, EntryDraft, Span
from memory_service.model.read import Fetched
from memory_service.store.payload import from_instant, instant

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Length of the body, checksum, ordinal; little endian.
_HEAD = struct.Struct("<IQq")
_LENGTH = struct.Struct("<I")
HEAD_BYTES = _HEAD.size
#: How many bytes of the draft's hash a record carries.
PROOF_BYTES = 8


class OddRecordError(ValueError):
    """Bytes that are not the record they should be."""


class Record(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An entry as it is packed.

    `proof` begins the hash of the draft: with it a record can be told from one of another history
    under the same ordinal.  Times are instants, `event_time` is text with its offset.  `spans` is
    empty unless there are several passages; then starts and stops alternate.
    """

    ordinal: int
    proof: bytes
    version: int
    id: str
    text: str
    summary: str | None
    kind: str | None
    scope: str | None
    session: str | None
    turn: int | None
    speaker: str | None
    source: str | None
    tags: tuple[str, ...]
    metadata: dict[str, str | int | float | bool | None]
    event_time: str | None
    created_at: int
    updated_at: int
    expires_at: int | None
    spans: tuple[int, ...] = ()


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Record)


def record_of(entry: Entry, *, draft_hash: bytes, spans: Sequence[Span]) -> Record:
    """The record of an entry; *spans* are those of its passages."""
    draft = entry.draft
    return Record(
        ordinal=entry.ordinal,
        proof=draft_hash[:PROOF_BYTES],
        version=entry.version,
        id=draft.id,
        text=draft.text,
        summary=draft.summary,
        kind=draft.kind,
        scope=draft.scope,
        session=draft.session,
        turn=draft.turn,
        speaker=draft.speaker,
        source=draft.source,
        tags=draft.tags,
        metadata=dict(draft.metadata),
        event_time=draft.event_time.isoformat() if draft.event_time else None,
        created_at=instant(entry.created_at),
        updated_at=instant(entry.updated_at),
        expires_at=instant(draft.expires_at) if draft.expires_at else None,
        spans=flat_spans(spans),
    )


def flat_spans(spans: Sequence[Span]) -> tuple[int, ...]:
    """Spans as a record holds them: none of a single passage."""
    if len(spans) < 2:
        return ()
    return tuple(place for span in spans for place in (span.start, span.stop))


def fetched_from(record: Record, *, namespace: str, passages: int) -> Fetched:
    """The entry of a record, with its spans if so many passages are several."""
    entry = Entry(
        namespace=namespace,
        draft=_draft_of(record),
        ordinal=record.ordinal,
        version=record.version,
        created_at=from_instant(record.created_at),
        updated_at=from_instant(record.updated_at),
        embedded=passages > 0,
    )
    if passages < 2:
        return Fetched(entry=entry)
    places = zip(record.spans[::2], record.spans[1::2], strict=True)
    spans = tuple(Span(start=start, stop=stop) for start, stop in places)
    return Fetched(entry=entry, spans=spans)


def _draft_of(record: Record) -> EntryDraft:
    return EntryDraft(
        id=record.id,
        text=record.text,
        summary=record.summary,
        kind=record.kind,
        scope=record.scope,
        session=record.session,
        turn=record.turn,
        speaker=record.speaker,
        source=record.source,
        tags=record.tags,
        metadata=record.metadata,
        event_time=datetime.fromisoformat(record.event_time) if record.event_time else None,
        expires_at=None if record.expires_at is None else from_instant(record.expires_at),
    )


def packed(record: Record) -> bytes:
    """A record as it stands in a file."""
    body = _ENCODER.encode(record)
    return _HEAD.pack(len(body), _checksum(record.ordinal, body), record.ordinal) + body


def unpacked(data: bytes, ordinal: int) -> Record:
    """The record of *ordinal* from exactly its bytes.

    Raises:
        OddRecordError: If they are not.
    """
    length, checksum, found = _HEAD.unpack_from(data)
    body = data[HEAD_BYTES:]
    if found != ordinal or length != len(body) or checksum != _checksum(ordinal, body):
        raise OddRecordError(f"the record of {ordinal} is not where it should be, or damaged")
    try:
        return _DECODER.decode(body)
    except msgspec.DecodeError as error:
        raise OddRecordError(f"the record of {ordinal} is of another form") from error


def length_at(data: bytes) -> int:
    """How long the record that *data* begins with is, head included.

    Raises:
        OddRecordError: If there is not even a head.
    """
    if len(data) < HEAD_BYTES:
        raise OddRecordError("a record is cut short")
    return HEAD_BYTES + int(_LENGTH.unpack_from(data)[0])


def ordinal_at(data: bytes) -> int | None:
    """The ordinal of the whole record in *data*; `None` if it was erased.

    Raises:
        OddRecordError: If it is neither a record nor erased.
    """
    _, checksum, ordinal = _HEAD.unpack_from(data)
    body = data[HEAD_BYTES:]
    if body and data == erased(len(data)):
        return None
    if not body or checksum != _checksum(ordinal, body):
        raise OddRecordError("a record is damaged")
    return int(ordinal)


def erased(length: int) -> bytes:
    """What stands where a record of that length, head included, stood."""
    return _LENGTH.pack(length - HEAD_BYTES) + bytes(length - _LENGTH.size)


def _checksum(ordinal: int, body: bytes) -> int:
    return xxhash.xxh3_64_intdigest(body, seed=ordinal & 0xFFFFFFFFFFFFFFFF)
