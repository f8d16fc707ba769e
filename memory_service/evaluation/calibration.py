"""How well a probability tells what has an answer from what has none.

*Positives* are the probabilities given to questions that have an answer, *negatives* those given
to questions that have none.  Both are never empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from memory_service.evaluation.intervals import RESAMPLES, Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

#: Bins of equal width between 0 and 1.
BINS = 10
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Questions whose probability is from `low` to below `high` (1 belongs to the last bin).

    `share` is the bin's part of all weight, `predicted` its mean probability, and `observed`
    the share of it that has an answer.
    """

    low: float
    high: float
    share: float
    predicted: float
    observed: float


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """How often a random positive lies above a random negative, a tie counting half.

    The area under the ROC curve (Hanley and McNeil, 1982): 0.5 for chance, 1 for a clean cut.
    """
    return _auroc(np.asarray(positives, np.float64), np.sort(np.asarray(negatives, np.float64)))


def auroc_interval(
    positives: Sequence[float],
    negatives: Sequence[float],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Interval:
    """The AUROC and its 95 % bootstrap interval, by percentiles.

    Positives and negatives are drawn anew apart from each other; `mean` is the measured value.
    The same values and seed give the same interval.
    """
    above, below = np.asarray(positives, np.float64), np.asarray(negatives, np.float64)
    random = np.random.default_rng(seed)
    drawn = [
        _auroc(_drawn_anew(above, random), np.sort(_drawn_anew(below, random)))
        for _ in range(resamples)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(mean=auroc(positives, negatives), low=float(low), high=float(high))


def threshold_keeping(values: Sequence[float], share: float) -> float:
    """The highest threshold that at least *share* of the values reach."""
    needed = max(1, ceil(share * len(values) - _ROUNDING))
    return sorted(values, reverse=True)[needed - 1]


def false_positive_rate(
    positives: Sequence[float], negatives: Sequence[float], *, kept: float
) -> float:
    """The share of negatives that reach the threshold which keeps *kept* of the positives."""
    threshold = threshold_keeping(positives, kept)
    return sum(value >= threshold for value in negatives) / len(negatives)


def reliability(
    positives: Sequence[float], negatives: Sequence[float], *, balanced: bool
) -> tuple[Bin, ...]:
    """What was predicted beside what was so, by bins of equal width; empty bins are left out.

    Args:
        positives: Probabilities of questions with an answer.
        negatives: Probabilities of questions without one.
        balanced: Whether the positives together weigh as much as the negatives together (a base
            rate of one half); else every question weighs the same.
    """
    predicted = np.concatenate([positives, negatives])
    observed = np.repeat([1.0, 0.0], [len(positives), len(negatives)])
    weights = np.full(len(predicted), 1 / len(predicted))
    if balanced:
        weights = np.where(observed == 1.0, 0.5 / len(positives), 0.5 / len(negatives))
    places = np.digitize(predicted, np.arange(1, BINS) / BINS)
    shares = _by_bin(places, weights)
    return tuple(
        Bin(
            low=place / BINS,
            high=(place + 1) / BINS,
            share=float(shares[place]),
            predicted=float(_by_bin(places, weights * predicted)[place] / shares[place]),
            observed=float(_by_bin(places, weights * observed)[place] / shares[place]),
        )
        for place in np.flatnonzero(shares)
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error: |predicted - observed|, bins weighed by their share.

    Naeini, Cooper and Hauskrecht, 2015.
    """
    return sum(one.share * abs(one.predicted - one.observed) for one in bins)


def _auroc(above: npt.NDArray[np.float64], sorted_below: npt.NDArray[np.float64]) -> float:
    smaller = np.searchsorted(sorted_below, above, side="left")
    no_larger = np.searchsorted(sorted_below, above, side="right")
    return float((smaller + no_larger).sum() / (2 * len(above) * len(sorted_below)))


def _drawn_anew(
    values: npt.NDArray[np.float64], random: np.random.Generator
) -> npt.NDArray[np.float64]:
    return np.asarray(values[random.integers(0, len(values), len(values))])


def _by_bin(
    places: npt.NDArray[np.intp], values: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return np.bincount(places, weights=values, minlength=BINS).astype(np.float64)
