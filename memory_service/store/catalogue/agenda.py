"""The rows of a namespace by when they expire."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from memory_service.model.read import Ordinals
    from memory_service.store.catalogue.row import RowNumbers


class Agenda:
    """Sealed rows by instant, and those that came since.

    Rows of the first kind stay when they are forgotten, until those before them are gone too;
    whoever asks looks at what he gets.
    """

    __slots__ = ("_at", "_first", "_rows", "_since")

    def __init__(self, at: Ordinals, rows: npt.NDArray[np.int32]) -> None:
        self._at = at
        self._rows = rows
        self._first = 0
        self._since: list[tuple[int, int]] = []

    def add(self, at: int, row: int) -> None:
        """Take in a row."""
        insort(self._since, (at, row))

    def remove(self, at: int, row: int, gone: Callable[[int], bool]) -> None:
        """Take out a row, and pass by what is *gone* before the first that is not."""
        place = bisect_left(self._since, (at, row))
        if self._since[place : place + 1] == [(at, row)]:
            del self._since[place]
        while self._first < len(self._rows) and gone(self._rows.item(self._first)):
            self._first += 1

    def due(self, now: int) -> RowNumbers:
        """The rows that expire up to *now*, and some that are forgotten."""
        first, since = self._first, self._since[:1]
        if not (first < len(self._at) and self._at[first] <= now) and not (
            since and since[0][0] <= now
        ):
            return _NO_ROWS
        sealed = self._rows[first : int(self._at.searchsorted(now, "right"))]
        later = self._since[: bisect_right(self._since, now, key=lambda pair: pair[0])]
        return np.array([*sealed.tolist(), *(row for _, row in later)], np.int64)


_NO_ROWS = np.empty(0, np.int64)
