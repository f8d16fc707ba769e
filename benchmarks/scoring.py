"""Figures from answers: measures with intervals, by part and by category, and the time it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.splits import Part, part_of
from memory_service.evaluation.intervals import Interval, interval
from memory_service.evaluation.measures import GRADED_NDCG, MEASURES, Measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.asking import Answered
    from benchmarks.datasets import Dataset

#: The name of the group of all questions of a set that has both parts.
ALL = "all"
#: The stage of a recall that is the model's.
_MODEL_STAGE = "embed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The measures of one group of questions, by name, over the `questions` with gold."""

    questions: int
    measures: Mapping[str, Interval]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTime:
    """Milliseconds a recall takes besides the model, and the median of each stage."""

    median: float
    p95: float
    stages: Mapping[str, float]


def measures_of(dataset: Dataset) -> tuple[Measure, ...]:
    """The measures that make sense for the set."""
    return (*MEASURES, GRADED_NDCG) if dataset.graded else MEASURES


def with_gold(answered: Sequence[Answered]) -> list[Answered]:
    """The answers to questions of which the set knows a relevant entry."""
    return [one for one in answered if one.question.gold]


def by_part(dataset: Dataset, answered: Sequence[Answered]) -> dict[str, list[Answered]]:
    """The answers to questions with gold: each part of the set, and all where there are two."""
    found = with_gold(answered)
    parts = {
        part.value: [one for one in found if part_of(dataset, one.question) is part]
        for part in Part
    }
    filled = {name: members for name, members in parts.items() if members}
    return filled if len(filled) == 1 else filled | {ALL: found}


def by_category(answered: Sequence[Answered]) -> dict[str, list[Answered]]:
    """The answers by their question's category; empty where there are not several."""
    names = sorted({one.question.category for one in answered})
    if len(names) < 2:
        return {}
    return {name: [one for one in answered if one.question.category == name] for name in names}


def score(answered: Sequence[Answered], measures: Sequence[Measure], *, seed: int) -> Group:
    """The measures of answers to questions with gold."""
    return Group(
        questions=len(answered),
        measures={
            measure.name: interval(values_of(answered, measure), seed=seed) for measure in measures
        },
    )


def difference(
    better: Sequence[Answered], other: Sequence[Answered], measures: Sequence[Measure], *, seed: int
) -> dict[str, Interval]:
    """By how much one ranking beats another on the same questions: paired intervals."""
    return {
        measure.name: interval(
            [
                left - right
                for left, right in zip(
                    values_of(better, measure), values_of(other, measure), strict=True
                )
            ],
            seed=seed,
        )
        for measure in measures
    }


def values_of(answered: Sequence[Answered], measure: Measure) -> list[float]:
    """The measure of each question."""
    return [measure.compute(one.ranked, one.question.gold) for one in answered]


def own_time(answered: Sequence[Answered]) -> OwnTime:
    """Where the time of these recalls went, the model's left out.

    Recalls are asked many in one call; the time of the call around them is not in it.
    """
    timings = [one.answer.timings for one in answered]
    stages = {name for timing in timings for name in timing} - {_MODEL_STAGE}
    whole = [sum(timing.get(name, 0.0) for name in stages) for timing in timings]
    return OwnTime(
        median=float(np.median(whole)),
        p95=float(np.percentile(whole, 95)),
        stages={
            name: float(np.median([timing.get(name, 0.0) for timing in timings]))
            for name in sorted(stages)
        },
    )
