"""The answer to a recall, and the sentence that says why a hit is one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import Field

from memory_service.api.answers import Answer, EntryAnswer
from memory_service.model.recall import (
    CutReason,
    DegradedLeg,
    EvidenceLevel,
    Hit,
    LegScores,
    QueryAnswer,
    Turn,
)

#: From these absolute scores on, a likeness in meaning is called close, or related.
_CLOSE, _RELATED = 0.5, 0.25
_SHOWN_WORDS = 6
#: What beside the legs moves a hit, and from which share of its value on that is worth a word.
_BESIDE_THE_LEGS = ("conversation", "speaker", "time", "boosts", "reranker")
_WORTH_SAYING = 0.05


class SpanAnswer(Answer):
    """Characters `start` to `stop` (exclusive) of the text."""

    start: int
    stop: int


class LegsAnswer(Answer):
    """A hit's parts: raw scores, the same made absolute, and what the ranking used."""

    cosine: float | None
    bm25: float | None
    dense: float | None
    lexical: float | None
    fused: float

    @classmethod
    def of(cls, legs: LegScores) -> Self:
        """The answer for *legs*."""
        return cls(
            cosine=legs.cosine,
            bm25=legs.bm25,
            dense=legs.dense,
            lexical=legs.lexical,
            fused=legs.fused,
        )


class TurnAnswer(Answer):
    """A turn of the conversation around a hit."""

    id: str
    text: str
    speaker: str | None
    event_time: datetime | None
    session: str | None
    turn: int | None
    steps: int = Field(description="From the hit; negative before it, positive after it.")

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """The answer for *turn*."""
        draft = turn.entry.draft
        return cls(
            id=draft.id,
            text=draft.text,
            speaker=draft.speaker,
            event_time=draft.event_time,
            session=draft.session,
            turn=draft.turn,
            steps=turn.steps,
        )


class HitAnswer(Answer):
    """An entry that was found."""

    rank: int
    score: float = Field(description="How likely it answers, 0 to 1; never rises.")
    entry: EntryAnswer
    legs: LegsAnswer
    span: SpanAnswer | None = Field(description="The passage that matched, if there are several.")
    words: list[str] = Field(description="The query's words that the entry holds.")
    why: str = Field(description="The reasons in one line, for people.")
    moved_by: dict[str, float] = Field(
        description="What gave it its place, and how much: the parts of `legs.fused`."
    )
    context: list[TurnAnswer] = Field(description="Turns around it, in order; see `context`.")
    duplicates: list[str] = Field(
        description="Ids of older entries that say the same and were folded into it, newest first."
    )
    tokens: int = Field(description="Of the text and its context, estimated.")

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """The answer for *hit*."""
        return cls(
            rank=hit.rank,
            score=hit.score,
            entry=EntryAnswer.of(hit.entry),
            legs=LegsAnswer.of(hit.legs),
            span=SpanAnswer(start=hit.span.start, stop=hit.span.stop) if hit.span else None,
            words=list(hit.words),
            why=why(hit),
            moved_by=dict(hit.why),
            context=[TurnAnswer.of(turn) for turn in hit.context],
            duplicates=list(hit.duplicates),
            tokens=hit.tokens,
        )


class CutAnswer(Answer):
    """Where the answer ends and why."""

    reason: CutReason
    considered: int
    below: int
    next_score: float | None


class DegradationAnswer(Answer):
    """A part that is missing, and why."""

    leg: DegradedLeg
    reason: str


class OneAnswer(Answer):
    """The answer to one query."""

    query: str
    hits: list[HitAnswer]
    nearest: list[HitAnswer] = Field(description="The best below the cut, with evidence `none`.")
    evidence: EvidenceLevel
    probability: float
    calibration: str
    cut: CutAnswer
    degraded: list[DegradationAnswer]
    truncated: bool = Field(description="Only the query's first window was embedded.")
    tokens: int
    token_estimator: str
    timings_ms: dict[str, float] = Field(description="By stage; empty unless asked for.")


class Served(Answer):
    """Who answered, with which model, from what state."""

    model: str
    served_by: str
    role: str
    position: str
    staleness_seconds: float


class SingleRecall(OneAnswer, Served):
    """The answer to `query`."""


class BatchRecall(Served):
    """The answers to `queries`, in their order."""

    answers: list[OneAnswer]


def one_answer(answer: QueryAnswer, *, estimator: str, timings: bool) -> OneAnswer:
    """The answer to one query."""
    return OneAnswer(
        query=answer.query,
        hits=[HitAnswer.of(hit) for hit in answer.hits],
        nearest=[HitAnswer.of(hit) for hit in answer.nearest],
        evidence=answer.evidence.level,
        probability=answer.evidence.probability,
        calibration=answer.evidence.calibration,
        cut=CutAnswer(
            reason=answer.cut.reason,
            considered=answer.cut.considered,
            below=answer.cut.below,
            next_score=answer.cut.next_score,
        ),
        degraded=[DegradationAnswer(leg=gap.leg, reason=gap.reason) for gap in answer.degraded],
        truncated=answer.truncated,
        tokens=answer.tokens,
        token_estimator=estimator,
        timings_ms=dict(answer.timings) if timings else {},
    )


def why(hit: Hit) -> str:
    """Why an entry was found, in one line: meaning, words, what moved it, or that it is recent."""
    reasons = [_meaning(hit.legs), _words(hit.words), _moves(hit.why, hit.legs.fused)]
    return "; ".join(filter(None, reasons)) or "among the latest entries"


def _meaning(legs: LegScores) -> str:
    if legs.cosine is None:
        return ""
    likeness = legs.dense or 0.0
    if likeness >= _CLOSE:
        return f"close in meaning ({legs.cosine:.2f})"
    if likeness >= _RELATED:
        return f"related in meaning ({legs.cosine:.2f})"
    return f"little likeness in meaning ({legs.cosine:.2f})"


def _words(words: tuple[str, ...]) -> str:
    if not words:
        return ""
    shown = ", ".join(f"“{word}”" for word in words[:_SHOWN_WORDS])
    more = len(words) - _SHOWN_WORDS
    return f"holds {shown}" + (f" and {more} more" if more > 0 else "")


def _moves(parts: Mapping[str, float], fused: float) -> str:
    """What beside the legs moved it noticeably, the most first."""
    sizes = {name: parts.get(name, 0.0) for name in _BESIDE_THE_LEGS}
    told = sorted(sizes, key=lambda name: (-abs(sizes[name]), name))
    least = _WORTH_SAYING * abs(fused)
    shown = [f"{name} {sizes[name]:+.2f}" for name in told if abs(sizes[name]) > least]
    return f"moved by {', '.join(shown)}" if shown else ""
