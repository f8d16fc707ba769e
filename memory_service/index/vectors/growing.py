"""The places that were added last, kept so that adding is cheap and reading needs no lock."""

from __future__ import annotations

import numpy as np

from memory_service.index.vectors.matrices import Matrix
from memory_service.index.vectors.places import Places

_SMALLEST = 16


class Growing:
    """Places in arrays with room at the end, for one writer and many readers.

    A view, once given out, never changes: new places are written behind it, and when there is no
    room, into new arrays.  `matrix` keeps their vectors, as long as that is worth it.

    Args:
        places: What to begin with.
    """

    def __init__(self, places: Places) -> None:
        self._buffer = places
        self._count = len(places)
        self._by_ordinal = places.by_ordinal
        self._several = places.several
        self.matrix = Matrix()

    def view(self) -> Places:
        """The places so far, without copying."""
        count = self._count
        return Places(
            ordinals=self._buffer.ordinals[:count],
            parts=self._buffer.parts[:count],
            rows=self._buffer.rows[:count],
            by_ordinal=self._by_ordinal,
            several=self._several,
        )

    def append(self, places: Places) -> None:
        """Add places of ordinals that are not in it."""
        if not len(places):
            return
        end = self._count + len(places)
        if end > len(self._buffer):
            self._buffer = _with_room(self.view(), max(_SMALLEST, 2 * end))
        follows = not self._count or self._buffer.ordinals[self._count - 1] < places.ordinals[0]
        _write(self._buffer, slice(self._count, end), places)
        self._count = end
        self._several |= places.several
        if not follows or self._by_ordinal is not None or places.by_ordinal is not None:
            self._by_ordinal = np.argsort(self._buffer.ordinals[:end], kind="stable")


def _with_room(places: Places, size: int) -> Places:
    buffer = Places(
        ordinals=np.empty(size, np.int64),
        parts=np.empty(size, np.int32),
        rows=np.empty(size, np.int64),
        by_ordinal=None,
        several=False,
    )
    _write(buffer, slice(len(places)), places)
    return buffer


def _write(buffer: Places, at: slice, places: Places) -> None:
    buffer.ordinals[at] = places.ordinals
    buffer.parts[at] = places.parts
    buffer.rows[at] = places.rows
