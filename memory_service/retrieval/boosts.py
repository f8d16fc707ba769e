"""What else than the question may raise a candidate, and by how much.

Every boost has one form, `p + w * (1 - p) * match`: it acts where the ranking is unsure and hardly
moves what is found for certain.  Several compound, `1 - (1 - p) * prod(1 - w_i * match_i)`, so
their order does not matter and nothing leaves [0, 1].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

Scores = npt.NDArray[np.float64]

#: Uses at which the value of frequency is a half.
_HALF_OF_USES = 5.0


def raised(places: Scores, match: Scores, weight: float) -> Scores:
    """*places* raised by *match*, shape kept.

    Args:
        places: Where each candidate lies between the worst and the best, in [0, 1].
        match: How well each fits, in [0, 1]; NaN (unknown) raises nothing.
        weight: In [0, 1]; 0 leaves all as they are.

    Returns:
        In [0, 1], never below *places*; 1 stays 1.
    """
    return places + weight * (1.0 - places) * np.nan_to_num(match, nan=0.0)


def compounded(size: int, boosts: Iterable[tuple[Scores, float]]) -> Scores:
    """Several boosts, each a match and its weight, as one of weight 1; zeros without any.

    Raising by the result is raising by one after the other.
    """
    total = np.zeros(size)
    for match, weight in boosts:
        total = raised(total, match, weight)
    return total


def recency(ages: Scores, half_life: float) -> Scores:
    """`0.5 ** (age / half_life)`, both in days; 1 for the future, NaN for an unknown age."""
    return np.exp2(-np.maximum(ages, 0.0) / half_life)


def importance(values: Scores) -> Scores:
    """The values cut to [0, 1]; NaN stays."""
    return np.clip(values, 0.0, 1.0)


def frequency(counts: Scores) -> Scores:
    """`n / (n + 5)`, in [0, 1); a negative count is 0, NaN stays."""
    uses = np.maximum(counts, 0.0)
    return uses / (uses + _HALF_OF_USES)
