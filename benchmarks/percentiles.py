"""The middle and the slow end of a row of timings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Milliseconds."""

    median: float
    p95: float
    p99: float


def percentiles(values: Sequence[float]) -> Percentiles:
    """The middle and the slow end, interpolated between neighbours.

    Raises:
        ValueError: If there is no value.
    """
    if not len(values):
        raise ValueError("percentiles need at least one value")
    median, p95, p99 = np.percentile(np.asarray(values), [50, 95, 99])
    return Percentiles(median=float(median), p95=float(p95), p99=float(p99))
