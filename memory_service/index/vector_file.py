"""The vectors of a store at 16 bits: one file, rows appended, mapped for reading.

Rows keep their numbers.  A row is written before anybody is told its number, so readers need no
lock.  Writes go through the file and reads through the map, which are the same pages.
"""

from __future__ import annotations

import logging
import mmap
import os
import threading
from typing import TYPE_CHECKING

import numpy as np

from memory_service.index.blocks import BLOCK, SUM, Blocks, block_sum
from memory_service.index.halves import HALF

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.index.blocks import BlockNumbers, Sums
    from memory_service.index.halves import Halves
    from memory_service.index.places import RowNumbers

    #: Gives the vectors of these rows as the store has them, zeros for what is no more.
    Source = Callable[[RowNumbers], Halves]

_LOG = logging.getLogger(__name__)

_LEAST_ROOM = 256
_GROWTH = 1.25
#: Blocks compared at once in the background.
_SLICE = 256


class VectorFile:
    """Rows of 16-bit vectors; one writer, many readers.

    Args:
        path: The file; made if it is not there.
        dimensions: Length of every vector.
        saved: What of the file was saved; rows behind that are written over.
        source: Mends what is not as it was saved; needed with *saved*.

    Raises:
        OSError: If it cannot be opened, or is shorter than what was saved.
    """

    def __init__(
        self,
        path: Path,
        *,
        dimensions: int,
        saved: Blocks | None = None,
        source: Source | None = None,
    ) -> None:
        self.path = path
        self.dimensions = dimensions
        self.count = saved.count if saved else 0
        self._width = dimensions * HALF.itemsize
        self._saved = saved or Blocks(np.empty(0, SUM), 0)
        self._source = source
        self._sums = list(self._saved.sums[: self.count // BLOCK])
        self._mending = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._view: Halves = np.empty((0, dimensions), HALF)
        if os.fstat(self._file).st_size < self.count * self._width:
            self.close()
            raise OSError(f"{path.name} is shorter than its {self.count} rows")
        self._make_room(self.count)

    def append(self, halves: Halves) -> int:
        """Write these behind the others; the number of the first.

        Raises:
            OSError: If they cannot be written; nothing was added.
        """
        first = self.count
        self._make_room(first + len(halves))
        self._write(first, halves)
        self.count = first + len(halves)
        return first

    def gather(self, rows: RowNumbers) -> Halves:
        """A copy of these rows."""
        if not self._saved.all_checked:
            self._check(self._saved.unchecked(rows))
        return self._view.take(rows, axis=0)

    def check_some(self) -> bool:
        """Compare more of what was saved with its checksums; whether there is still more."""
        if not self._saved.all_checked:
            self._check(self._saved.next_unchecked(_SLICE))
        return not self._saved.all_checked

    def clear(self, rows: RowNumbers) -> None:
        """Write zeros over these, which nobody needs any more.

        Raises:
            OSError: If it cannot be written.
        """
        self._check(self._saved.unchecked(rows))
        nothing = np.zeros((1, self.dimensions), HALF)
        for row in rows.tolist():
            self._write(row, nothing)
        for block in np.unique(rows // BLOCK).tolist():
            self._sum_again(block)

    def sums(self) -> Sums:
        """The checksums of all blocks."""
        first, whole = len(self._sums), self.count // BLOCK
        self._check(self._saved.unchecked(np.arange(first * BLOCK, self.count, BLOCK)))
        self._sums += [self._sum(block) for block in range(first, whole)]
        last = [self._sum(whole)] if self.count % BLOCK else []
        return np.array(self._sums + last, SUM)

    def sync(self) -> None:
        """Make what was written survive a power loss.

        Raises:
            OSError: If that fails.
        """
        os.fsync(self._file)

    def close(self) -> None:
        """Release the file; what was mapped stays until nobody reads it."""
        os.close(self._file)

    def _sum(self, block: int) -> np.void:
        rows = self._view[block * BLOCK : min((block + 1) * BLOCK, self.count)]
        return np.void(block_sum(rows))

    def _sum_again(self, block: int) -> None:
        if block < len(self._sums):
            self._sums[block] = self._sum(block)

    def _write(self, first: int, halves: Halves) -> None:
        left = np.ascontiguousarray(halves).view(np.uint8).reshape(-1).data
        place = first * self._width
        while left:
            written = os.pwrite(self._file, left, place)
            left, place = left[written:], place + written

    def _make_room(self, count: int) -> None:
        """Map at least so many rows."""
        if len(self._view) >= max(count, 1):
            return
        there = os.fstat(self._file).st_size // self._width
        room = max(_LEAST_ROOM, there, int(_GROWTH * count))
        os.ftruncate(self._file, room * self._width)
        mapped = mmap.mmap(self._file, room * self._width, access=mmap.ACCESS_READ)
        self._view = np.frombuffer(mapped, HALF).reshape(room, self.dimensions)

    def _check(self, blocks: BlockNumbers) -> None:
        """Compare these, and mend those that are not whole."""
        view = self._view
        damaged = [block for block in blocks.tolist() if not self._saved.is_whole(block, view)]
        if damaged:
            self._mend(damaged)
        self._saved.note(blocks)

    def _mend(self, damaged: list[int]) -> None:
        """Write blocks anew from the store."""
        if self._source is None:
            raise OSError(f"{self.path.name} is damaged")
        with self._mending:
            for block in damaged:
                _LOG.warning("vectors %d are not as saved; taken from the store", block * BLOCK)
                place = self._saved.rows_of(block)
                self._write(place.start, self._source(np.arange(place.start, place.stop)))
                self._sum_again(block)
