"""Cutting a sequence into batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_T = TypeVar("_T")


def batches(values: Sequence[_T], size: int) -> Iterator[tuple[_T, ...]]:
    """The values in order, *size* at a time; the last batch may be shorter."""
    for start in range(0, len(values), size):
        yield tuple(values[start : start + size])
