"""The rows that were added last, kept so that adding is cheap and reading needs no lock."""

from __future__ import annotations

import numpy as np

from memory_service.index.rows import Rows

_SMALLEST = 256


class Growing:
    """Sorted rows in arrays with room at the end, for one writer and many readers.

    A view, once given out, never changes: new rows are written behind it, and when there is no
    room, or rows come out of order, into new arrays.

    Args:
        rows: What to begin with.
    """

    def __init__(self, rows: Rows) -> None:
        self._buffer = rows
        self._count = len(rows)

    def view(self) -> Rows:
        """The rows so far, without copying."""
        return _first(self._buffer, self._count)

    def append(self, rows: Rows) -> None:
        """Add sorted rows of ordinals that are not in it."""
        if not len(rows):
            return
        if self._count and rows.ordinals[0] < self._buffer.ordinals[self._count - 1]:
            self._buffer = self.view().merged(rows)
            self._count = len(self._buffer)
            return
        end = self._count + len(rows)
        if end > len(self._buffer):
            self._buffer = _with_room(self.view(), max(_SMALLEST, 2 * end))
        _write(self._buffer, slice(self._count, end), rows)
        self._count = end


def _first(rows: Rows, count: int) -> Rows:
    return Rows(
        ordinals=rows.ordinals[:count], parts=rows.parts[:count], vectors=rows.vectors[:count]
    )


def _with_room(rows: Rows, size: int) -> Rows:
    buffer = Rows(
        ordinals=np.empty(size, np.int64),
        parts=np.empty(size, np.int32),
        vectors=np.empty((size, rows.vectors.shape[1]), np.float32),
    )
    _write(buffer, slice(len(rows)), rows)
    return buffer


def _write(buffer: Rows, places: slice, rows: Rows) -> None:
    buffer.ordinals[places] = rows.ordinals
    buffer.parts[places] = rows.parts
    buffer.vectors[places] = rows.vectors
