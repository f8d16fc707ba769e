"""The days that a query means, and how close an entry's day comes to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Days = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeTarget:
    """A range of days that a query names, both ends included, in days since 1970-01-01.

    `tolerance` is how many days outside of the range still count as inside, above 0: the larger
    the unit that was named and the longer ago, the less literally it is meant.  A range that is
    open on one side (`since March`) ends today, or where the calendar ends.
    """

    first_day: int
    last_day: int
    tolerance: float


def closeness(days: Days, targets: Sequence[TimeTarget]) -> Days:
    """How close each day comes to the nearest of the targets, in [0, 1], shape kept.

    1 inside of a range and up to its tolerance outside, then falling linearly, 0 from three times
    the tolerance on.  A day that is not known (NaN) is close to nothing, and nothing is close
    where there is no target.
    """
    best = np.zeros(days.shape, dtype=np.float64)
    for target in targets:
        outside = np.maximum(target.first_day - days, days - target.last_day)
        falling = (3.0 * target.tolerance - outside) / (2.0 * target.tolerance)
        best = np.fmax(best, np.clip(falling, 0.0, 1.0))
    return best
