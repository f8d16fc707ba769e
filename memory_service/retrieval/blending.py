"""A ranking blended with a second look at its leading candidates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.retrieval.fusion import min_max, order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.retrieval.ranking import Ranking
    from memory_service.retrieval.relevance import Relevance

Scores = npt.NDArray[np.float64]

#: What a second look is called when a hit says what moved it.
RERANKER = "reranker"
#: Different scores that tell anything.
_TELLING = 2


def blended(
    ranking: Ranking,
    ids: Sequence[str],
    scores: Scores,
    *,
    weight: float,
    relevance: Relevance,
) -> Ranking:
    """Order the leading candidates anew, by both the ranking and the second look's *scores*.

    A candidate's place is `(1 - weight) * fused + weight * score`, both stretched to [0, 1] over
    the leading ones, and its value that place in the range which their values had: none of them
    falls below one that was not looked at, and where the two disagree the first is less likely
    than it was.  Scores that are all alike say nothing.  The evidence stays; ties go by id.

    Args:
        ranking: Of all candidates.
        ids: Of the candidates by row.
        scores: Of the first ones by rank, on any scale; NaN (not looked at) counts as the lowest.
        weight: In (0, 1).
        relevance: From a value to a probability.
    """
    seen = min_max(scores)
    if len(np.unique(seen)) < _TELLING:
        return ranking
    values = ranking.fused.copy()
    values[: len(seen)] = _moved(values[: len(seen)], seen, weight)
    ranks = order(values, [ids[row] for row in ranking.places])
    parts = dict(ranking.parts) | {RERANKER: values - ranking.fused}
    return replace(
        ranking,
        places=ranking.places[ranks],
        fused=values[ranks],
        likely=relevance.probabilities(values[ranks]),
        costs=ranking.costs[ranks],
        parts={name: part[ranks] for name, part in parts.items()},
    )


def _moved(values: Scores, seen: Scores, weight: float) -> Scores:
    spread = float(np.ptp(values))
    if spread == 0.0:
        # What the ranking finds all alike is ordered by the second look alone.
        return values + weight * seen
    return np.asarray(values.min() + spread * ((1.0 - weight) * min_max(values) + weight * seen))
