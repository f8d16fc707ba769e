"""Where an ordinal stands among the ordinals of a segment, without searching.

One bit for each ordinal of the stretch says whether it is there, and for each 64 of them a number
how many there are before: the place is that number and the bits below (rank by counting bits:
Jacobson, Space-efficient static trees and graphs, 1989).  A binary search in a million ordinals
misses the cache at nearly every step; this misses it twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from memory_service.model.read import Ordinals

_WORD = 64
_ONE = np.uint64(1)
_LOW = np.uint64(_WORD - 1)
_SHIFT = np.uint64(6)
#: Where fewer than one ordinal in so many is there, the bits cost more than the ordinals.
_SPARSE = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Directory:
    """The bits of a stretch of ordinals, 64 to a word, and how many stand before each word."""

    first: int
    words: npt.NDArray[np.uint64]
    before: npt.NDArray[np.int64]

    @classmethod
    def of(cls, ordinals: Ordinals) -> Self | None:
        """Of these (rising); `None` where they lie too far apart."""
        first, last = int(ordinals[0]), int(ordinals[-1])
        if last - first >= _SPARSE * len(ordinals):
            return None
        size = (last - first) // _WORD + 1
        there = np.zeros(size * _WORD, np.bool_)
        there[ordinals - first] = True
        words = np.packbits(there, bitorder="little").view("<u8")
        counts = np.bitwise_count(words).astype(np.int64)
        return cls(first=first, words=words, before=np.cumsum(counts) - counts)

    def places(self, ordinals: Ordinals) -> npt.NDArray[np.int64]:
        """The places of those of these, all within the stretch, that are there."""
        offsets = (ordinals - self.first).astype(np.uint64)
        at = (offsets >> _SHIFT).astype(np.int64)
        words, bits = self.words[at], offsets & _LOW
        below = np.bitwise_count(words & ((_ONE << bits) - _ONE))
        there = (words >> bits & _ONE).astype(np.bool_)
        found: npt.NDArray[np.int64] = (self.before[at] + below)[there]
        return found
