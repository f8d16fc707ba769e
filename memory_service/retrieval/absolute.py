"""Scores that mean the same for every query, beside the ranking.

Ranking stretches each query's scores to [0, 1]; what is kept here says how good they were.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]

#: Deviations above the mean of random pairs at which a cosine starts to mean something
#: (the rule of scrypster/muninndb, pull request 718).
FLOOR_DEVIATIONS = 1.3


def cosine_floor(mean: float, deviation: float) -> float:
    """The cosine that unrelated texts reach, from the mean and deviation of random pairs."""
    return mean + FLOOR_DEVIATIONS * deviation


def dense_absolute(cosines: Scores, floor: float) -> Scores:
    """Cosines above *floor*, stretched to [0, 1]; 0 where there is no vector (NaN).

    Args:
        cosines: Raw cosines.
        floor: The model's floor, below 1.  An unknown floor is 0: the cosine itself.
    """
    return np.nan_to_num(np.clip((cosines - floor) / (1.0 - floor), 0.0, 1.0), nan=0.0)


def lexical_absolute(bm25: Scores, bound: float) -> Scores:
    """BM25 as the share of what an entry could reach at most; 0 for a query without terms.

    A word that no entry holds raises the bound, so it lowers every score.
    """
    if bound <= 0.0:
        return np.zeros_like(bm25)
    return np.clip(bm25 / bound, 0.0, 1.0)
