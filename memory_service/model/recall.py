"""A question to a namespace, and its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from memory_service.model.entry import Entry, Span
    from memory_service.model.filters import Filter
    from memory_service.model.position import Position


class CutMode(StrEnum):
    """Whether the service decides how many hits a question deserves, or the caller."""

    ADAPTIVE = "adaptive"
    OFF = "off"


class CutReason(StrEnum):
    """Why the answer ends where it ends."""

    UNLIKELY = "unlikely"
    LIMIT = "limit"
    MIN_SCORE = "min_score"
    BUDGET = "budget"
    EXHAUSTED = "exhausted"
    NO_EVIDENCE = "no_evidence"
    OFF = "off"


class EvidenceLevel(StrEnum):
    """Whether the namespace seems to hold an answer at all."""

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"


class OnNone(StrEnum):
    """What `hits` holds when the evidence is `none`: nothing, or the best there is."""

    EMPTY = "empty"
    BEST = "best"


class DegradedLeg(StrEnum):
    """Which part of the answer is missing."""

    DENSE = "dense"
    LEXICAL = "lexical"
    RANKING = "ranking"
    RERANKER = "reranker"
    STORE = "store"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallRequest:
    """One or several queries to one namespace under the same options.

    Args:
        limit: The most hits per query.
        min_k: The fewest, as long as there are candidates; evidence `none` overrules it.
        min_score: Hits of a lower score are left out.
        budget_tokens: The most tokens of returned text, as `retrieval.packing` estimates them.
        depth: How many candidates each leg gives; `None` leaves it to the engine's options.
        deadline_seconds: How long the caller waits from now on; `None` waits as long as it takes.
        now: The caller's present, for expressions of time ("yesterday") and recency; `None` is
            the service's own clock.
        context: Turns of the conversation to show on each side of a hit, 0 to 5, inside the
            budget; never in the place of a hit.
        collapse: Fold entries that say the same into the newest of them.
        boosts: What else may raise an entry; nothing by default.
    """

    namespace: str
    queries: tuple[str, ...]
    limit: int = 20
    min_k: int = 0
    cut: CutMode = CutMode.ADAPTIVE
    min_score: float | None = None
    budget_tokens: int | None = None
    on_none: OnNone = OnNone.EMPTY
    filter: Filter | None = None
    depth: int | None = None
    legs: Legs = field(default_factory=lambda: Legs())
    deadline_seconds: float | None = None
    now: datetime | None = None
    context: int = 0
    collapse: bool = True
    boosts: Boosts = field(default_factory=lambda: Boosts())


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosts:
    """How much else than the question counts, each in [0, 1]; 0 leaves the ranking alone.

    An entry is raised by `weight * (1 - p) * value`, where `p` is its place: 0 for the worst
    candidate, for the best its probability, 0.6 at least.  So what is found for certain is hardly
    moved.  Several compound: each acts on what the others left.

    Args:
        recency: The value halves with every `half_life_days` between now and the entry's event,
            or its writing where no event is known; the future counts as now.
        importance: The value is `metadata.importance`, cut to [0, 1].
        frequency: The value is `n / (n + 5)` of `metadata.frequency`, a count of uses that the
            caller keeps; negative counts as 0.
        half_life_days: From 0.01 to 36,500.
    """

    recency: float = 0.0
    importance: float = 0.0
    frequency: float = 0.0
    half_life_days: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """Which legs a recall uses; both, unless somebody measures one alone."""

    dense: bool = True
    lexical: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LegScores:
    """A hit's parts.

    `cosine` and `bm25` are raw (`None` where the leg is missing).  `dense` and `lexical` are the
    same made absolute, in [0, 1]: the cosine above its model's floor, BM25 over the query's own
    bound.  `fused` is the value the ranking used.
    """

    cosine: float | None
    bm25: float | None
    dense: float | None
    lexical: float | None
    fused: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An entry shown as the context of a hit, `steps` away from it in its session.

    Negative before the hit, positive after it; never 0.
    """

    entry: Entry
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry in an answer.

    `score` is the probability that it answers the query, as far as the ranking can tell, in
    [0, 1]; it never rises down the ranking.  `span` is the passage of the text that matched, for
    an entry with several.  `words` are the query's words the entry holds.  `why` names what
    moved it, with the size: see `retrieval.ranking`.  `context` are turns around it, in order,
    that are no hits, folded into none, and not shown with an earlier hit.  `duplicates` are the
    ids of entries that say the same and were folded into it, newest first.  `tokens` covers the
    shown text with its context.
    """

    rank: int
    entry: Entry
    score: float
    legs: LegScores
    span: Span | None = None
    words: tuple[str, ...] = ()
    why: Mapping[str, float] = field(default_factory=dict)
    context: tuple[Turn, ...] = ()
    duplicates: tuple[str, ...] = ()
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where the answer ended and why.

    `considered` candidates were ranked, folded ones not counted, and `below` of them are not
    shown, the best of those at `next_score`.
    """

    reason: CutReason
    considered: int
    below: int
    next_score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Whether there is an answer: a level, the probability behind it, and what calibrated it."""

    level: EvidenceLevel
    probability: float
    calibration: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """A part of the answer that is missing, and why (`model_missing`, `deadline`, …)."""

    leg: DegradedLeg
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryAnswer:
    """The answer to one query.

    `nearest` holds the best below the cut when the evidence is `none`; else it is empty.
    `truncated` says that the query was longer than the model's window and only its first window
    was embedded.  `timings` are milliseconds by stage.
    """

    query: str
    hits: tuple[Hit, ...]
    nearest: tuple[Hit, ...]
    evidence: Evidence
    cut: Cut
    degraded: tuple[Degradation, ...]
    truncated: bool
    tokens: int
    timings: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallAnswer:
    """The answers, one per query in order, and who gave them from what state.

    `damaged`: the store lost changes, as each answer's `degraded` says too.
    """

    answers: tuple[QueryAnswer, ...]
    model: str
    position: Position
    damaged: bool = False
