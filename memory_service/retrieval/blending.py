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
    than it was.  The evidence stays; ties go by id.

    Args:
        ranking: Of all candidates.
        ids: Of the candidates by row.
        scores: Of the first ones by rank, on any scale; NaN (not looked at) counts as the lowest.
        weight: In [0, 1]; 0 leaves the order as it is.
        relevance: From a value to a probability.
    """
    if not len(scores):
        return ranking
    values = ranking.fused.copy()
    values[: len(scores)] = _moved(values[: len(scores)], scores, weight)
    ranks = order(values, [ids[row] for row in ranking.places])
    parts = dict(ranking.parts) | {RERANKER: values - ranking.fused}
    return replace(
        ranking,
        places=ranking.places[ranks],
        fused=values[ranks],
        scores=relevance.probabilities(values[ranks], ranking.evidence.probability),
        costs=ranking.costs[ranks],
        parts={name: part[ranks] for name, part in parts.items()},
    )


def _moved(values: Scores, scores: Scores, weight: float) -> Scores:
    # Where the ranking finds all alike the second look orders what it cannot.
    spread = float(np.ptp(values)) or 1.0
    places = (1.0 - weight) * min_max(values) + weight * min_max(scores)
    return np.asarray(values.min() + spread * places)
