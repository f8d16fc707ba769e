"""How good a ranking is.

Every measure looks at ids in ranked order and at the judged ids with their relevance (above 0),
and gives a number in [0, 1], higher is better.  Where nothing is relevant a measure has no value:
such a question is left out before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import log2
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure: its name in files, its name in tables, and how it is computed."""

    name: str
    heading: str
    compute: Callable[[Sequence[str], Mapping[str, int]], float]


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


def recall_all(ranked: Sequence[str], gold: Mapping[str, int], *, k: int) -> float:
    """1 if every relevant entry is among the first *k*, else 0; so 0 where there are more."""
    return float(gold.keys() <= set(ranked[:k]))


def hit_at(ranked: Sequence[str], gold: Mapping[str, int], *, k: int) -> float:
    """1 if a relevant entry is among the first *k*, else 0."""
    return float(any(entry in gold for entry in ranked[:k]))


def reciprocal_rank(ranked: Sequence[str], gold: Mapping[str, int]) -> float:
    """One over the rank of the first relevant entry; 0 if there is none."""
    places = (1 / rank for rank, entry in enumerate(ranked, start=1) if entry in gold)
    return next(places, 0.0)


#: The measure that decides.
NDCG = Measure(name="ndcg_10", heading="nDCG@10", compute=partial(ndcg, k=10, gain=binary_gain))
#: For judgements with grades.
GRADED_NDCG = Measure(
    name="ndcg_10_graded",
    heading="nDCG@10, graded",
    compute=partial(ndcg, k=10, gain=graded_gain),
)
MEASURES = (
    NDCG,
    *(
        Measure(name=f"recall_at_{k}", heading=f"recall_at_{k}", compute=partial(recall_at, k=k))
        for k in (1, 5, 10, 20, 100)
    ),
    Measure(name="recall_all_10", heading="recall_all_10", compute=partial(recall_all, k=10)),
    Measure(name="hit_1", heading="hit@1", compute=partial(hit_at, k=1)),
    Measure(name="mrr", heading="MRR", compute=reciprocal_rank),
)


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))
