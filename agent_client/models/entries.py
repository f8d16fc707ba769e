"""Entries, and pages of them.

Annotations are read at run time by `_decoding`, so every name in them is a real import.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent_client.models.inputs import MetadataValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A remembered text with its place, times and version.

    While `embedded` is false the entry waits for its vector and is found by its words alone.
    """

    namespace: str
    id: str
    text: str
    version: int
    created_at: datetime
    updated_at: datetime
    embedded: bool
    content_hash: str = ""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An entry as it was `until` a time, when it was `replaced` or `forgotten` (`ended`).

    Both are `None` for the entry as it is.
    """

    entry: Entry
    until: datetime | None = None
    ended: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The versions of one entry that are kept, newest first."""

    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries, and the cursor of the next page; `None` when there is none.

    `missing` is said by the first page of a moment of the past: how many entries were there then
    and are not kept as they were, whatever the filter.
    """

    entries: tuple[Entry, ...]
    next_cursor: str | None
    missing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """An entry's session around it, itself left out; empty without a session."""

    before: tuple[Entry, ...] = ()
    after: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSummary:
    """A conversation of a namespace."""

    session: str
    entries: int
    first_time: datetime | None
    last_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """Sessions by name, and the cursor of the next page; `None` when there is none."""

    sessions: tuple[SessionSummary, ...]
    next_cursor: str | None
