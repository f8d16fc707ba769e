"""Two rankings joined as most systems join them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The constant of the formula, as published.
RANK_CONSTANT = 60


def reciprocal_ranks(rankings: Iterable[Iterable[int]], *, limit: int) -> list[int]:
    """The *limit* best by the sum of `1 / (60 + rank)` over the rankings they are in.

    Ranks count from 1; ties go to the smaller number (Cormack, Clarke, Büttcher, SIGIR 2009).
    """
    sums: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, one in enumerate(ranking, start=1):
            sums[one] += 1 / (RANK_CONSTANT + rank)
    return sorted(sums, key=lambda one: (-sums[one], one))[:limit]
