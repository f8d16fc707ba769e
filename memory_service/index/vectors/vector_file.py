"""The vectors of a store at 16 bits: one file of rows, mapped for reading.

A row is written before anybody is told its number, so readers need no lock.  Writes go through
the file and reads through the map, which are the same pages.  A row that nobody needs is zeroed,
and used again once nobody can be looking at it.

Where the disk has no room, vectors stay in memory until it has: what was committed is found.

Every row has a checksum.  What was saved is compared with it before its first use, so that a
start reads nothing; a row that is not as it was saved is taken from the store.
"""

from __future__ import annotations

import logging
import mmap
import os
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
import xxhash

from memory_service.index.vectors.halves import HALF
from memory_service.index.vectors.late_rows import LateRows
from memory_service.index.vectors.readers import Readers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.index.vectors.halves import Halves
    from memory_service.index.vectors.places import RowNumbers
    from memory_service.model.read import Flags

    #: XXH3-64 of each row.
    Sums = npt.NDArray[np.uint64]
    #: Gives the vectors of these rows as the store has them, zeros for what is no more.
    Source = Callable[[RowNumbers], Halves]

_LOG = logging.getLogger(__name__)

_Kind = TypeVar("_Kind", bound=np.generic)

_LEAST_ROOM = 256
_GROWTH = 1.25
#: Rows compared at once in the background.
_SLICE = 2_048


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SavedRows:
    """What of a file was saved: checksums by row, the rows in use, and where else to get them."""

    sums: Sums
    used: RowNumbers
    source: Source


class VectorFile:
    """Rows of 16-bit vectors; one writer, many readers.

    Args:
        path: The file; made if it is not there.
        dimensions: Length of every vector.
        saved: What it holds; all else is written over.

    Raises:
        OSError: If it cannot be opened, or is shorter than what was saved.
    """

    def __init__(self, path: Path, *, dimensions: int, saved: SavedRows | None = None) -> None:
        self.path = path
        self.dimensions = dimensions
        self.readers = Readers()
        self.count = len(saved.sums) if saved else 0
        self._width = dimensions * HALF.itemsize
        self._source = saved.source if saved else None
        self._mending = threading.Lock()
        self._zeroed: deque[tuple[int, RowNumbers]] = deque()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if os.fstat(self._file).st_size < self.count * self._width:
            os.close(self._file)
            raise OSError(f"{path.name} is shorter than its {self.count} rows")
        self._view: Halves = np.empty((0, dimensions), HALF)
        self._late: LateRows | None = None
        self._sums: Sums = saved.sums if saved else np.empty(0, np.uint64)
        self._used: Flags = np.zeros(self.count, np.bool_)
        if saved:
            self._used[saved.used] = True
        self._unchecked: Flags = self._used.copy()
        self._left = int(np.count_nonzero(self._unchecked))
        self._free = np.flatnonzero(~self._used)
        self._make_room(self.count)

    @property
    def sums(self) -> Sums:
        """The checksums by row; those of rows out of use mean nothing."""
        return self._sums[: self.count]

    def append(self, halves: Halves) -> RowNumbers:
        """Write these, or keep them until they can be written; their rows."""
        rows = self._rows_for(len(halves))
        self._know(self.count + len(halves))
        try:
            self._write_rows(rows, halves)
        except OSError as error:
            _LOG.error("%d vectors stay in memory for now: %s", len(rows), error.strerror)
            late = LateRows.of(rows, halves)
            self._late = late if self._late is None else self._late.joined(late)
        self._sums[rows] = [_sum(row) for row in np.ascontiguousarray(halves)]
        self._used[rows] = True
        self._free = self._free[: max(0, len(self._free) - len(rows))]
        self.count = max(self.count, int(rows.max(initial=-1)) + 1)
        return rows

    def gather(self, rows: RowNumbers) -> Halves:
        """A copy of these rows; the caller is among the readers, if rows are ever given up."""
        if self._left:
            self._check(rows[self._unchecked[rows]])
        late, view = self._late, self._view
        return view.take(rows, axis=0) if late is None else late.among(rows, view)

    def check_some(self) -> bool:
        """Compare more of what was saved with its checksums; whether there is still more."""
        with self.readers.reading():
            if self._left:
                self._check(np.flatnonzero(self._unchecked)[:_SLICE])
        return bool(self._left)

    def keep_only(self, rows: RowNumbers) -> None:
        """Write zeros over all others, which nobody finds any more.

        Raises:
            OSError: If they cannot be written.
        """
        gone = self._used[: self.count].copy()
        gone[rows] = False
        dead = np.flatnonzero(gone)
        nothing = np.zeros((1, self.dimensions), HALF)
        for row in dead.tolist():
            self._write(row, nothing)
        self._used[dead] = False
        self._note_checked(dead)
        if len(dead):
            self._zeroed.append((self.readers.step(), dead))

    def sync(self) -> None:
        """Write what could not be written so far, and make all survive a power loss.

        Raises:
            OSError: If that fails.
        """
        late = self._late
        if late is not None:
            self._write_rows(late.rows, late.halves)
            self._late = None
        os.fsync(self._file)

    def close(self) -> None:
        """Release the file; what was mapped stays until nobody reads it."""
        os.close(self._file)
        # Another file may get the number, and somebody may still be at work here.
        self._file = -1

    def _rows_for(self, count: int) -> RowNumbers:
        """Rows to write so many vectors to: free ones, then new ones."""
        while self._zeroed and self._zeroed[0][0] <= self.readers.oldest():
            self._free = np.concatenate([self._free, self._zeroed.popleft()[1]])
        free = self._free[max(0, len(self._free) - count) :]
        fresh = np.arange(self.count, self.count + count - len(free))
        return np.concatenate([free, fresh])

    def _write_rows(self, rows: RowNumbers, halves: Halves) -> None:
        self._make_room(int(rows.max(initial=-1)) + 1)
        for run in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows) != 1) + 1):
            if len(run):
                self._write(int(rows[run[0]]), halves[run])

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

    def _know(self, count: int) -> None:
        """Have a place for what is known of so many rows."""
        if count > len(self._sums):
            room = max(_LEAST_ROOM, int(_GROWTH * count))
            self._sums = _with_room(self._sums, room)
            self._used = _with_room(self._used, room)
            self._unchecked = _with_room(self._unchecked, room)

    def _check(self, rows: RowNumbers) -> None:
        """Compare these, and mend those that are not as they were saved."""
        view, sums = self._view, self._sums
        damaged = [row for row in rows.tolist() if _sum(view[row]) != sums[row]]
        if damaged:
            self._mend(np.array(damaged))
        self._note_checked(rows)

    def _note_checked(self, rows: RowNumbers) -> None:
        self._unchecked[rows] = False
        if self._left:
            self._left = int(np.count_nonzero(self._unchecked))

    def _mend(self, damaged: RowNumbers) -> None:
        if self._source is None:
            raise OSError(f"{self.path.name} is damaged")
        _LOG.warning("%d vectors are not as saved; taken from the store", len(damaged))
        with self._mending:
            for row, halves in zip(damaged.tolist(), self._source(damaged), strict=True):
                self._write(row, halves[np.newaxis])
                self._sums[row] = _sum(halves)


def _sum(row: Halves) -> int:
    return xxhash.xxh3_64_intdigest(row.data)


def _with_room(values: npt.NDArray[_Kind], room: int) -> npt.NDArray[_Kind]:
    grown = np.zeros(room, values.dtype)
    grown[: len(values)] = values
    return grown
