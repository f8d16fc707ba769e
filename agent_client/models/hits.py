"""An entry in an answer, and what an answer lacks.

Annotations are read at run time by `_decoding`, so every name in them is a real import.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent_client.models.entries import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters `start` to `stop` (exclusive) of an entry's text."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegScores:
    """A hit's parts, raw and made absolute; `None` where a leg is missing."""

    cosine: float | None = None
    bm25: float | None = None
    dense: float | None = None
    lexical: float | None = None
    fused: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What was said around a hit, `steps` away from it: negative before it, positive after it."""

    id: str
    text: str
    steps: int
    speaker: str | None = None
    event_time: datetime | None = None
    session: str | None = None
    turn: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry in an answer.

    `score` says how likely it answers the query, in [0, 1]; it never rises.  `span` is the
    passage that matched, for an entry with several; `words` are the query's words the entry
    holds; `why` says it all in one line, and `moved_by` gives the parts of `legs.fused`.
    `context` are turns around it, in order, if they were asked for.  `duplicates` are the ids of
    older entries that say the same, newest first.  `tokens` counts text and context.
    """

    rank: int
    score: float
    entry: Entry
    legs: LegScores
    span: Span | None = None
    words: tuple[str, ...] = ()
    why: str = ""
    moved_by: Mapping[str, float] = field(default_factory=dict)
    context: tuple[Turn, ...] = ()
    duplicates: tuple[str, ...] = ()
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """A part of the answer that is missing, and why."""

    leg: str
    reason: str
