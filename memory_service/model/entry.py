"""What is remembered."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A metadata value: flat, JSON, finite.
MetadataValue = str | int | float | bool | None

#: Version of `contextual_key`; part of every store's fingerprint.
KEY_TEMPLATE_VERSION = 1

#: 1970-01-01 as a day of the calendar (`date.toordinal`): days are counted from it.
FIRST_DAY = date(1970, 1, 1).toordinal()

#: Characters of a speaker's name that go into the key; the window of a model belongs to the text.
SPEAKER_IN_KEY = 64

_JSON = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters `start` to `stop` (exclusive) of an entry's text."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """An entry as its author gives it, valid and complete.

    Times are aware; one given without an offset is UTC.
    """

    id: str
    text: str
    summary: str | None = None
    kind: str | None = None
    scope: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    session: str | None = None
    turn: int | None = None
    speaker: str | None = None
    source: str | None = None
    event_time: datetime | None = None
    expires_at: datetime | None = None

    def content_hash(self) -> bytes:
        """SHA-256 over text, speaker, session, turn, event time and scope.

        Two drafts of equal hash say the same thing at the same place.
        """
        event = self.event_time.astimezone(UTC).isoformat() if self.event_time else None
        parts = [self.text, self.speaker, self.session, self.turn, event, self.scope]
        return hashlib.sha256(_JSON.encode(parts).encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A remembered text with its place, times and version.

    `ordinal` is the store's number of this version; it changes with every replacement and
    never leaves the service.  `embedded` is false while the entry waits for its vector; it is
    then found by its words alone.
    """

    namespace: str
    draft: EntryDraft
    ordinal: int
    version: int
    created_at: datetime
    updated_at: datetime
    embedded: bool

    @property
    def id(self) -> str:
        """The entry's id, unique in its namespace."""
        return self.draft.id

    def expired(self, now: datetime) -> bool:
        """Whether the entry is to be hidden at *now*; the instant of expiry counts as expired."""
        return self.draft.expires_at is not None and self.draft.expires_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextualKey:
    """What is embedded and indexed for an entry: `header + body`.

    `header` is `[YYYY-MM-DD] Speaker: ` as far as date and speaker are known, else empty;
    of a name longer than 64 characters, the first 64.
    `body` is the text, followed by a newline and the summary where there is one, so that a
    span of the body below `len(text)` is a span of the text.
    """

    header: str
    body: str

    @property
    def text(self) -> str:
        """The whole key."""
        return self.header + self.body


def contextual_key(draft: EntryDraft) -> ContextualKey:
    """The key of an entry; the date is the one given, in the offset it was given in."""
    date = f"[{draft.event_time.date().isoformat()}] " if draft.event_time else ""
    speaker = f"{draft.speaker[:SPEAKER_IN_KEY]}: " if draft.speaker else ""
    body = f"{draft.text}\n{draft.summary}" if draft.summary else draft.text
    return ContextualKey(header=date + speaker, body=body)
