"""Figures from answers: measures with intervals, by category, and what the cut kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from benchmarks.metrics import GRADED_NDCG, METRICS, Interval, Metric, interval, recall_at

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from benchmarks.asking import Answered
    from benchmarks.datasets import Dataset, Question

#: The name of the group of all questions.
ALL = "all"
#: The name of the group of questions that nothing was tuned on.
HELD_OUT = "held out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The measures of one group of questions, by name, over the `questions` with gold."""

    questions: int
    measures: Mapping[str, Interval]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveFigures:
    """What the adaptive cut did at its defaults.

    `mean_hits` is over all questions.  `gold_kept` is the share of a question's relevant entries
    that are among its hits, `gold_kept_uncut` the same had all `limit` hits been given; both
    over questions with gold.  `evidence` counts questions by level, those with gold and those
    without apart.
    """

    limit: int
    mean_hits: float
    gold_kept: float
    gold_kept_uncut: float
    evidence: Mapping[str, int]
    evidence_without_gold: Mapping[str, int]
    reasons: Mapping[str, int]


def metrics_of(dataset: Dataset) -> tuple[Metric, ...]:
    """The measures that make sense for the set."""
    return (*METRICS, GRADED_NDCG) if dataset.graded else METRICS


def score_groups(
    answered: Sequence[Answered],
    metrics: Sequence[Metric],
    *,
    seed: int,
    held_out: Collection[Question] | None = None,
) -> dict[str, Group]:
    """The measures over questions with gold: all, those held out, and by category.

    The last two come only where the set is split, and where there are several categories.
    """
    found = _with_gold(answered)
    categories = sorted({one.question.category for one in found})
    groups = {ALL: found}
    if held_out is not None:
        kept = {question.id for question in held_out}
        groups[HELD_OUT] = [one for one in found if one.question.id in kept]
    if len(categories) > 1:
        groups |= {
            name: [one for one in found if one.question.category == name] for name in categories
        }
    return {name: _score(members, metrics, seed) for name, members in groups.items() if members}


def compare(
    better: Sequence[Answered],
    other: Sequence[Answered],
    metrics: Sequence[Metric],
    *,
    seed: int,
) -> dict[str, Interval]:
    """By how much one ranking beats another on the same questions: paired intervals."""
    left, right = _with_gold(better), _with_gold(other)
    return {
        metric.name: interval(
            [a - b for a, b in zip(values_of(left, metric), values_of(right, metric), strict=True)],
            seed=seed,
        )
        for metric in metrics
    }


def score_cut(
    answered: Sequence[Answered], uncut: Sequence[Answered], *, limit: int
) -> AdaptiveFigures:
    """Figures of an adaptive run beside the uncut ranking of the same questions."""
    found = _with_gold(answered)
    full = _with_gold(uncut)
    return AdaptiveFigures(
        limit=limit,
        mean_hits=fmean(len(one.ranked) for one in answered),
        gold_kept=fmean(recall_at(one.ranked, one.question.gold, k=limit) for one in found),
        gold_kept_uncut=fmean(recall_at(one.ranked, one.question.gold, k=limit) for one in full),
        evidence=_levels(found),
        evidence_without_gold=_levels([one for one in answered if not one.question.gold]),
        reasons=dict(sorted(Counter(one.answer.cut.reason.value for one in answered).items())),
    )


def values_of(answered: Sequence[Answered], metric: Metric) -> list[float]:
    """The measure of each question."""
    return [metric.compute(one.ranked, one.question.gold) for one in answered]


def _score(members: Sequence[Answered], metrics: Sequence[Metric], seed: int) -> Group:
    return Group(
        questions=len(members),
        measures={
            metric.name: interval(values_of(members, metric), seed=seed) for metric in metrics
        },
    )


def _with_gold(answered: Sequence[Answered]) -> list[Answered]:
    return [one for one in answered if one.question.gold]


def _levels(answered: Sequence[Answered]) -> dict[str, int]:
    return dict(sorted(Counter(one.answer.evidence.level.value for one in answered).items()))
