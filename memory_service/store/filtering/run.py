"""An array that grows at its end while others read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

_Kind = TypeVar("_Kind", bound=np.generic)

_SMALLEST = 16


class Run(Generic[_Kind]):
    """Values by row.  One thread appends; whoever knows of a row may read it without a lock."""

    def __init__(self, values: npt.NDArray[_Kind]) -> None:
        """Begin with a copy of *values*, with room for some more."""
        self._data = _with_room(values, len(values))
        self._count = len(values)

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._data.nbytes

    def extend(self, more: Sequence[int] | Sequence[float] | npt.NDArray[_Kind]) -> None:
        """Append these."""
        count = self._count + len(more)
        if count > len(self._data):
            self._data = _with_room(self._data[: self._count], count)
        self._data[self._count : count] = more
        self._count = count

    def part(self, start: int, stop: int) -> npt.NDArray[_Kind]:
        """The values of these rows; they never change."""
        return self._data[start:stop]


def _with_room(values: npt.NDArray[_Kind], count: int) -> npt.NDArray[_Kind]:
    """A copy of *values*, with room for *count* and an eighth more."""
    grown = np.empty(count + max(_SMALLEST, count // 8), values.dtype)
    grown[: len(values)] = values
    return grown
