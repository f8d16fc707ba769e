"""Where an answer ends: which candidates are worth their place in a prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.model.recall import CutMode, CutReason

if TYPE_CHECKING:
    from memory_service.retrieval.ranking import Ranking

Scores = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: A candidate costs no less and no more than so many usual ones.
_LEAST_COST, _MOST_COST = 0.25, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOptions:
    """What the caller asked for, see `RecallRequest`, and what a place must be worth.

    A candidate is kept while its probability, given that there is an answer, is at least `worth`
    times its cost.  Under a limit
    of tokens that is the best choice there is, once `worth` is given: it takes what brings most
    for its length (the continuous knapsack, Dantzig 1957).
    """

    mode: CutMode = CutMode.ADAPTIVE
    limit: int = 20
    min_k: int = 0
    min_score: float | None = None
    worth: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPlace:
    """The ranks that are kept, rising, counted from 0, and why no more."""

    kept: tuple[int, ...]
    reason: CutReason


def costs(lengths: npt.NDArray[np.int64]) -> Scores:
    """What showing each candidate costs: its length over their median, from 1/4 to 4."""
    if not len(lengths):
        return np.empty(0)
    usual = max(float(np.median(lengths)), 1.0)
    return np.asarray(np.clip(lengths / usual, _LEAST_COST, _MOST_COST))


def cut(ranking: Ranking, options: CutOptions) -> CutPlace:
    """Decide which candidates to keep.

    Args:
        ranking: The candidates by rank.
        options: The best candidate is always worth its place.  `min_k` keeps the first so many
            however unlikely, as long as there are so many; `min_score` overrules it.

    Returns:
        Between `min_k` and `limit` of them, fewer only where candidates run out or lie below
        `min_score`.
    """
    place = _by_worth(ranking, options)
    if options.min_score is None:
        return place
    scores = ranking.scores
    above = tuple(rank for rank in place.kept if scores[rank] >= options.min_score)
    return place if above == place.kept else CutPlace(kept=above, reason=CutReason.MIN_SCORE)


def _by_worth(ranking: Ranking, options: CutOptions) -> CutPlace:
    worthy = _worthy(ranking, options)
    kept = tuple(np.flatnonzero(worthy)[: options.limit].tolist())
    if options.mode is CutMode.OFF:
        return CutPlace(kept=kept, reason=CutReason.OFF)
    if len(kept) == len(worthy):
        return CutPlace(kept=kept, reason=CutReason.EXHAUSTED)
    more = len(kept) < int(np.count_nonzero(worthy))
    return CutPlace(kept=kept, reason=CutReason.LIMIT if more else CutReason.UNLIKELY)


def _worthy(ranking: Ranking, options: CutOptions) -> Flags:
    if options.mode is CutMode.OFF:
        return np.ones(len(ranking.likely), dtype=np.bool_)
    worthy = ranking.likely >= options.worth * ranking.costs
    worthy[: max(options.min_k, 1)] = True
    return np.asarray(worthy)
