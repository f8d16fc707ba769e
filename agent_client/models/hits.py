"""An entry in an answer, and what an answer lacks.

Annotations are read at run time by `_decoding`, so every name in them is a real import.
"""

from dataclasses import dataclass

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
class Hit:
    """An entry in an answer.

    `score` in [0, 1] never rises down the ranking.  `span` is the passage that matched, for an
    entry with several; `words` are the query's words the entry holds; `why` says it all in one
    line.
    """

    rank: int
    score: float
    entry: Entry
    legs: LegScores
    span: Span | None = None
    words: tuple[str, ...] = ()
    why: str = ""
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """A part of the answer that is missing, and why."""

    leg: str
    reason: str
