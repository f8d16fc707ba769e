"""Answers whose figures are known: one-letter ids, one-letter gold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.asking import Answered
from benchmarks.datasets import Question
from memory_service.model.recall import (
    Cut,
    CutReason,
    Evidence,
    EvidenceLevel,
    Hit,
    LegScores,
    QueryAnswer,
)
from tests.support.builders import an_entry

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEGS = LegScores(cosine=None, bm25=None, dense=None, lexical=None, fused=0.0)
#: What each hit of an answer costs.
TOKENS = 10


def an_answer(
    ids: str,
    gold: str,
    *,
    category: str = "",
    namespace: str = "n",
    level: EvidenceLevel = EvidenceLevel.STRONG,
    timings: Mapping[str, float] | None = None,
) -> Answered:
    """An answer with these ids by rank, to a question with this gold."""
    hits = tuple(
        Hit(rank=rank, entry=an_entry(id), score=0.5, legs=_LEGS, tokens=TOKENS)
        for rank, id in enumerate(ids, start=1)
    )
    answer = QueryAnswer(
        query="?",
        hits=hits,
        nearest=(),
        evidence=Evidence(level=level, probability=0.5, calibration="generic"),
        cut=Cut(reason=CutReason.UNLIKELY, considered=9, below=3, next_score=0.1),
        degraded=(),
        truncated=False,
        tokens=TOKENS * len(hits),
        timings=timings or {},
    )
    question = Question(
        id=f"{namespace}/{ids}{gold}",
        namespace=namespace,
        text="?",
        category=category,
        gold=dict.fromkeys(gold, 1),
    )
    return Answered(question=question, answer=answer)
