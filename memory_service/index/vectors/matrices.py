"""Vectors at 32 bits, ready to be compared, of the namespaces that were asked last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from memory_service.index.vectors.halves import widened

if TYPE_CHECKING:
    from memory_service.index.vectors.places import RowNumbers
    from memory_service.index.vectors.vector_file import VectorFile
    from memory_service.protocols import Vectors

_ROOM = 1.25
#: Rows widened at once: so many stay in the processor's cache.
SLICE = 1_024


class _Held(NamedTuple):
    """Vectors, and how many of them are there yet; read and replaced as one."""

    vectors: Vectors
    filled: int


class Matrix:
    """The widened rows of places that are only ever added to.

    Two readers may fill it at once: what they write is the same.
    """

    def __init__(self) -> None:
        self._held: _Held | None = None

    @property
    def size(self) -> int:
        """Bytes it takes."""
        held = self._held
        return 0 if held is None else held.vectors.nbytes

    def filled(self, rows: RowNumbers, file: VectorFile) -> Vectors:
        """The vectors of these rows, which begin with those of the last call."""
        held = self._with_room(len(rows), file.dimensions)
        for start in range(held.filled, len(rows), SLICE):
            stop = min(start + SLICE, len(rows))
            held.vectors[start:stop] = widened(file.gather(rows[start:stop]))
        if held.filled < len(rows):
            self._held = _Held(held.vectors, len(rows))
        return held.vectors[: len(rows)]

    def _with_room(self, count: int, dimensions: int) -> _Held:
        held = self._held
        if held is None:
            return _Held(np.empty((count, dimensions), np.float32), 0)
        if count <= len(held.vectors):
            return held
        larger = np.empty((int(_ROOM * count), dimensions), np.float32)
        larger[: held.filled] = held.vectors[: held.filled]
        return _Held(larger, held.filled)

    def clear(self) -> None:
        """Let go of what it holds."""
        self._held = None


class Matrices:
    """Keeps the matrices that were used last, together at most *most_bytes*.  Thread-safe."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Matrix, int] = OrderedDict()
        self._bytes = 0

    def of(self, matrix: Matrix, rows: RowNumbers, file: VectorFile) -> Vectors | None:
        """The vectors of these rows; `None` if they are too many to be kept.

        *rows* begin with those that the matrix was last asked for.
        """
        if int(_ROOM * len(rows)) * file.dimensions * 4 > self._most:
            return None
        vectors = matrix.filled(rows, file)
        with self._lock:
            size = matrix.size
            self._bytes += size - self._kept.get(matrix, 0)
            self._kept[matrix] = size
            self._kept.move_to_end(matrix)
            while self._bytes > self._most:
                oldest, size = self._kept.popitem(last=False)
                self._bytes -= size
                oldest.clear()
        return vectors

    def forget(self, matrix: Matrix) -> None:
        """This one is not asked for again."""
        with self._lock:
            self._bytes -= self._kept.pop(matrix, 0)
        matrix.clear()
