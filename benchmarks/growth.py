"""How a figure grows with the number of entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A power law through measured figures: `value = scale * entries ** exponent`."""

    scale: float
    exponent: float

    def at(self, entries: float) -> float:
        """What it would be at so many entries; an extrapolation beyond those measured."""
        return float(self.scale * entries**self.exponent)


def growth(entries: Sequence[float], values: Sequence[float]) -> Growth:
    """The power law nearest to the figures, by least squares of their logarithms.

    Raises:
        ValueError: If there are fewer than two sizes, or a figure is not above 0.
    """
    if len(set(entries)) < 2:
        raise ValueError("growth needs two sizes")
    if min(entries) <= 0 or min(values) <= 0:
        raise ValueError("growth needs figures above 0")
    exponent, constant = np.polyfit(np.log(entries), np.log(values), 1)
    return Growth(scale=float(np.exp(constant)), exponent=float(exponent))
