"""How sure a mean over questions is.

An interval says how far the mean would move had other questions of the same kind been asked.
Given the differences of two systems on the same questions, it is the paired interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy.typing as npt

#: How often questions are drawn anew for an interval.
RESAMPLES = 2_000
_BOUNDS = (2.5, 97.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and the bounds that hold it 95 times in 100."""

    mean: float
    low: float
    high: float


def interval(values: Sequence[float], *, seed: int, resamples: int = RESAMPLES) -> Interval:
    """The mean, and its 95 % bootstrap interval by percentiles (Efron, 1979).

    The same values and seed give the same interval.

    Raises:
        ValueError: If there is no value.
    """
    sample = _sample(values)
    drawn = np.random.default_rng(seed).integers(0, len(sample), size=(resamples, len(sample)))
    return _interval(sample, sample[drawn].mean(axis=1))


def interval_by_group(
    values: Sequence[float],
    groups: Sequence[Hashable],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Interval:
    """The mean, and its interval when whole groups are drawn instead of single values.

    Questions about one conversation are not independent; this interval says how far the mean
    would move with other conversations.  With few groups it is rough, with one it has no width.

    Args:
        values: One for each question.
        groups: The group of each, in the same order.
        seed: Of the draws.
        resamples: How many of them.

    Raises:
        ValueError: If there is no value, or not one group for each.
    """
    sample = _sample(values)
    if len(groups) != len(sample):
        raise ValueError(f"{len(sample)} values need as many groups, not {len(groups)}")
    place = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    rows = np.array([place[group] for group in groups])
    sums, counts = np.bincount(rows, weights=sample), np.bincount(rows)
    drawn = np.random.default_rng(seed).integers(0, len(place), size=(resamples, len(place)))
    return _interval(sample, sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))


def _sample(values: Sequence[float]) -> npt.NDArray[np.float64]:
    if not len(values):
        raise ValueError("an interval needs at least one value")
    return np.asarray(values, dtype=np.float64)


def _interval(sample: npt.NDArray[np.float64], means: npt.NDArray[np.float64]) -> Interval:
    low, high = np.percentile(means, _BOUNDS)
    return Interval(mean=float(sample.mean()), low=float(low), high=float(high))
