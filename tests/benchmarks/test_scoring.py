"""Figures from answers whose measures are known."""

from __future__ import annotations

import pytest

from benchmarks.asking import Answered
from benchmarks.datasets import Question
from benchmarks.metrics import METRICS
from benchmarks.scoring import compare, score_cut, score_groups
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

_LEGS = LegScores(cosine=None, bm25=None, dense=None, lexical=None, fused=0.0)


def _answered(
    ids: str, gold: str, category: str = "", level: EvidenceLevel = EvidenceLevel.STRONG
) -> Answered:
    """An answer with one-letter ids to a question with one-letter gold."""
    hits = tuple(
        Hit(rank=rank, entry=an_entry(id), score=0.5, legs=_LEGS)
        for rank, id in enumerate(ids, start=1)
    )
    answer = QueryAnswer(
        query="?",
        hits=hits,
        nearest=(),
        evidence=Evidence(level=level, probability=0.5, calibration="generic"),
        cut=Cut(reason=CutReason.GAP, considered=9, below=3, next_score=0.1),
        degraded=(),
        truncated=False,
        tokens=0,
        timings={},
    )
    question = Question(
        id=ids + gold, namespace="n", text="?", category=category, gold=dict.fromkeys(gold, 1)
    )
    return Answered(question=question, answer=answer)


def test_questions_without_gold_count_in_no_measure() -> None:
    groups = score_groups([_answered("ab", "a"), _answered("ab", "")], METRICS, seed=0)

    assert groups["all"].questions == 1
    assert groups["all"].measures["hit_1"].mean == 1.0


def test_categories_stand_beside_the_whole_when_there_are_several() -> None:
    answered = [_answered("ab", "a", "x"), _answered("ab", "b", "y"), _answered("ab", "b", "y")]

    groups = score_groups(answered, METRICS, seed=0)

    assert {name: group.questions for name, group in groups.items()} == {"all": 3, "x": 1, "y": 2}
    assert groups["all"].measures["hit_1"].mean == pytest.approx(1 / 3)
    assert groups["y"].measures["mrr"].mean == 0.5


def test_the_only_category_is_the_whole() -> None:
    assert list(score_groups([_answered("a", "a", "x")], METRICS, seed=0)) == ["all"]


def test_questions_that_nothing_was_tuned_on_have_figures_of_their_own() -> None:
    tuned, fresh = _answered("ab", "a"), _answered("ab", "b")

    groups = score_groups([tuned, fresh], METRICS, seed=0, held_out=[fresh.question])

    assert groups["held out"].questions == 1
    assert groups["held out"].measures["mrr"].mean == 0.5


def test_a_comparison_is_of_the_same_questions() -> None:
    """One question gains a whole hit@1, the other loses nothing."""
    better = [_answered("ab", "a"), _answered("ba", "b"), _answered("a", "")]
    other = [_answered("ba", "a"), _answered("ba", "b"), _answered("b", "")]

    gained = compare(better, other, METRICS, seed=0)

    assert gained["hit_1"].mean == 0.5
    assert gained["recall_at_5"].mean == 0.0


def test_the_cut_is_judged_against_the_uncut_ranking_of_its_limit() -> None:
    cut = [_answered("a", "ac"), _answered("", "", level=EvidenceLevel.NONE)]
    uncut = [_answered("abcd", "ac"), _answered("abcd", "")]

    figures = score_cut(cut, uncut, limit=3)

    assert figures.mean_hits == 0.5
    assert figures.gold_kept == 0.5
    assert figures.gold_kept_uncut == 1.0
    assert figures.evidence == {"strong": 1}
    assert figures.evidence_without_gold == {"none": 1}
    assert figures.reasons == {"gap": 2}
