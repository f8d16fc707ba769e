"""Arrays of zeros, lent out and given back as zeros."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory_service.model.read import Scores

#: So many are kept, of 8 bytes for each entry of the largest segment: as many as two cores use.
_KEPT = 2
_SMALLEST = 2**12


class Scratch:
    """Where searches add up scores; thread-safe.

    A new array of zeros costs a page fault for every 4 KB that is touched, which is more than the
    adding itself.
    """

    def __init__(self) -> None:
        self._free: list[Scores] = []

    @contextmanager
    def lent(self, size: int) -> Iterator[Scores]:
        """At least *size* zeros; the borrower leaves zeros behind.  After an error it is lost."""
        try:
            zeros = self._free.pop()
        except IndexError:
            zeros = np.zeros(0)
        if len(zeros) < size:
            zeros = np.zeros(max(size + size // 4, _SMALLEST))
        yield zeros
        if len(self._free) < _KEPT:
            self._free.append(zeros)
