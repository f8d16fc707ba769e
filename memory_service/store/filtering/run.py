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
        """Begin with *values*, which are not copied before more come."""
        self._data = values
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
            grown = np.empty(count + max(_SMALLEST, count // 8), self._data.dtype)
            grown[: self._count] = self._data[: self._count]
            self._data = grown
        if len(more):
            self._data[self._count : count] = more
        self._count = count

    def part(self, start: int, stop: int) -> npt.NDArray[_Kind]:
        """The values of these rows; they never change."""
        return self._data[start:stop]
