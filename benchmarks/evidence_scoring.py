"""Figures on `evidence` from answers: each kind of unanswerable question beside the answerable."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from memory_service.evaluation.calibration import (
    Bin,
    auroc_interval,
    calibration_error,
    false_positive_rate,
    reliability,
    threshold_keeping,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from memory_service.evaluation.intervals import Interval
    from memory_service.model.recall import Evidence

#: The share of answerable questions that a threshold must keep.
KEPT = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was said of some questions: how many there were of each level, the mean probability."""

    questions: int
    mean_probability: float
    levels: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """How well the probability tells these questions from the answerable ones.

    `false_positive_rate` is at the highest threshold that keeps 95 % of the answerable.
    `calibration_error` weighs answerable and unanswerable equally (base rate one half),
    `calibration_error_by_count` every question equally (base rate `answerable_share`).
    `reliability` belongs to the former.
    """

    judged: Judged
    auroc: Interval
    false_positive_rate: float
    calibration_error: float
    calibration_error_by_count: float
    answerable_share: float
    reliability: Sequence[Bin]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFigures:
    """One part of a set.

    `threshold` keeps 95 % of the `answerable`.  `groups` are the kinds of unanswerable questions
    and unions of them.  `false_premise` are questions that entries are judged for but none
    answers; no retriever can be expected to know, so they are in no group.
    """

    answerable: Judged
    threshold: float
    groups: Mapping[str, Separation]
    false_premise: Judged | None


def score_evidence(
    answerable: Sequence[Evidence],
    groups: Mapping[str, Sequence[Evidence]],
    false_premise: Sequence[Evidence],
    *,
    seed: int,
) -> EvidenceFigures:
    """The figures; a group without questions is left out.

    Raises:
        ValueError: If there is no answerable question.
    """
    if not answerable:
        raise ValueError("evidence is judged against answerable questions, and there is none")
    return EvidenceFigures(
        answerable=_judged(answerable),
        threshold=threshold_keeping(_probabilities(answerable), KEPT),
        groups={
            name: _separation(answerable, members, seed)
            for name, members in groups.items()
            if members
        },
        false_premise=_judged(false_premise) if false_premise else None,
    )


def _separation(
    answerable: Sequence[Evidence], unanswerable: Sequence[Evidence], seed: int
) -> Separation:
    positives, negatives = _probabilities(answerable), _probabilities(unanswerable)
    balanced = reliability(positives, negatives, balanced=True)
    by_count = reliability(positives, negatives, balanced=False)
    return Separation(
        judged=_judged(unanswerable),
        auroc=auroc_interval(positives, negatives, seed=seed),
        false_positive_rate=false_positive_rate(positives, negatives, kept=KEPT),
        calibration_error=calibration_error(balanced),
        calibration_error_by_count=calibration_error(by_count),
        answerable_share=len(positives) / (len(positives) + len(negatives)),
        reliability=balanced,
    )


def _judged(evidence: Sequence[Evidence]) -> Judged:
    return Judged(
        questions=len(evidence),
        mean_probability=fmean(_probabilities(evidence)),
        levels=dict(sorted(Counter(one.level.value for one in evidence).items())),
    )


def _probabilities(evidence: Sequence[Evidence]) -> list[float]:
    return [one.probability for one in evidence]
