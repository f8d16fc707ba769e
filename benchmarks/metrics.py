"""How good a ranking is, and how sure we are.

Every measure looks at ids in ranked order and at the judged ids with their relevance, and gives
a number in [0, 1], higher is better.  A question without a relevant entry has no value: leave it
out before.  Measures are averaged over questions; an interval says how far the average would move
had other questions of the same kind been asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import log2
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: How often questions are drawn anew for an interval.
RESAMPLES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A measure: its name in result files, what it says, and how it is computed."""

    name: str
    description: str
    compute: Callable[[Sequence[str], Mapping[str, int]], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and the bounds that hold it 95 times in 100."""

    mean: float
    low: float
    high: float


def binary_gain(_relevance: int) -> float:
    """Any relevant entry counts 1."""
    return 1.0


def graded_gain(relevance: int) -> float:
    """A relevant entry counts its grade (linear, as in trec_eval)."""
    return float(relevance)


def ndcg(
    ranked: Sequence[str], gold: Mapping[str, int], *, k: int, gain: Callable[[int], float]
) -> float:
    """Discounted gain of the first *k* over that of the best possible *k*.

    The entry at rank r counts gain / log2(r + 1) (Järvelin and Kekäläinen, 2002).
    """
    gains = [gain(gold[entry]) if entry in gold else 0.0 for entry in ranked[:k]]
    best = sorted(map(gain, gold.values()), reverse=True)[:k]
    return _discounted(gains) / _discounted(best)


def recall_at(ranked: Sequence[str], gold: Mapping[str, int], *, k: int) -> float:
    """Share of the relevant entries that are among the first *k*."""
    return len(gold.keys() & set(ranked[:k])) / len(gold)


def hit_at(ranked: Sequence[str], gold: Mapping[str, int], *, k: int) -> float:
    """1 if a relevant entry is among the first *k*, else 0."""
    return float(any(entry in gold for entry in ranked[:k]))


def reciprocal_rank(ranked: Sequence[str], gold: Mapping[str, int]) -> float:
    """One over the rank of the first relevant entry; 0 if there is none."""
    places = (1 / rank for rank, entry in enumerate(ranked, start=1) if entry in gold)
    return next(places, 0.0)


METRICS = (
    Metric(
        name="ndcg_10",
        description="nDCG of the first ten, every relevant entry counting 1",
        compute=partial(ndcg, k=10, gain=binary_gain),
    ),
    Metric(
        name="recall_at_5",
        description="share of the relevant entries among the first 5",
        compute=partial(recall_at, k=5),
    ),
    Metric(
        name="recall_at_10",
        description="share of the relevant entries among the first 10",
        compute=partial(recall_at, k=10),
    ),
    Metric(
        name="recall_at_20",
        description="share of the relevant entries among the first 20",
        compute=partial(recall_at, k=20),
    ),
    Metric(
        name="hit_1",
        description="how often the first entry is relevant",
        compute=partial(hit_at, k=1),
    ),
    Metric(
        name="mrr",
        description="mean of one over the first relevant rank",
        compute=reciprocal_rank,
    ),
)

#: For sets whose judgements have grades.
GRADED_NDCG = Metric(
    name="ndcg_10_graded",
    description="nDCG of the first ten, a relevant entry counting its grade",
    compute=partial(ndcg, k=10, gain=graded_gain),
)


def interval(values: Sequence[float], *, seed: int, resamples: int = RESAMPLES) -> Interval:
    """The mean, and its 95 % bootstrap interval by percentiles (Efron, 1979).

    Given the differences of two systems on the same questions, it is the paired interval.  The
    same values and seed give the same interval.

    Raises:
        ValueError: If there is no value.
    """
    if not values:
        raise ValueError("an interval needs at least one value")
    sample = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(sample), size=(resamples, len(sample)))
    low, high = np.percentile(sample[drawn].mean(axis=1), [2.5, 97.5])
    return Interval(mean=float(sample.mean()), low=float(low), high=float(high))


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))
