"""Comparisons as the database makes them, over whole arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.filters import Operator

if TYPE_CHECKING:
    import numpy.typing as npt

    from memory_service.model.filters import FilterValue
    from memory_service.model.read import Flags

#: What stands for an instant that is missing: before every other.
NO_INSTANT = -(2**63)


def number_of(value: FilterValue) -> float | None:
    """The number that a value is; `None` for a truth value and all else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def compared_numbers(numbers: npt.NDArray[np.float64], operator: Operator, bound: float) -> Flags:
    """Which numbers compare so; NaN stands for one that is missing, and compares with nothing.

    A bound that is NaN is above all numbers, as DuckDB has it.
    """
    if math.isnan(bound):
        below = operator in (Operator.LT, Operator.LTE)
        return ~np.isnan(numbers) if below else np.zeros(len(numbers), np.bool_)
    return _compared(numbers, operator, np.float64(bound))


def compared_instants(instants: npt.NDArray[np.int64], operator: Operator, bound: int) -> Flags:
    """Which instants compare so; one that is missing compares with nothing."""
    found = _compared(instants, operator, np.int64(bound))
    if operator in (Operator.LT, Operator.LTE):
        found &= instants != NO_INSTANT
    return found


def _compared(
    values: npt.NDArray[np.float64] | npt.NDArray[np.int64],
    operator: Operator,
    bound: np.float64 | np.int64,
) -> Flags:
    found: Flags
    match operator:
        case Operator.LT:
            found = values < bound
        case Operator.LTE:
            found = values <= bound
        case Operator.GT:
            found = values > bound
        case Operator.GTE:
            found = values >= bound
        case _:
            found = values == bound
    return found


def any_of(found: list[Flags], rows: int) -> Flags:
    """Which rows are in one of these at least."""
    if not found:
        return np.zeros(rows, np.bool_)
    return found[0] if len(found) == 1 else np.logical_or.reduce(found)
