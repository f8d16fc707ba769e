"""An immutable piece of the index: for each term, which entries hold it, and how.

What BM25 makes of a posting depends on two numbers alone, how often the term stands in the entry
and how many terms the entry has.  A segment numbers the distinct pairs of them, a few hundred as
a rule, and keeps that number: one table of the pairs, filled with today's average length, scores
every posting exactly.  Nothing in a segment depends on k1, b or an average.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from memory_service.index.lexical.directory import Directory

if TYPE_CHECKING:
    from memory_service.model.bm25 import Scoring
    from memory_service.model.postings import Keys, PostingRows
    from memory_service.model.read import Ordinals, Scores

Counts = npt.NDArray[np.int64]
Places = npt.NDArray[np.uint32]
Codes = npt.NDArray[np.unsignedinteger[Any]]
Pairs = npt.NDArray[np.uint64]

#: No segment holds more postings, so that their numbers fit 32 bits.
MOST_POSTINGS = 2**32 - 1
_LENGTH_BITS = np.uint64(32)
_LENGTH = np.uint64(2**32 - 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Segment:
    """Postings of a stretch of ordinals.

    Args:
        keys: Its terms, rising.
        starts: Where the list of each begins, and where the last ends.
        places: The entries of the lists, as places in `entries`; rising in each list.
        codes: For each posting, the place of its pair in `pairs`.
        pairs: The distinct pairs, tf in the upper and length in the lower 32 bits; rising.
        entries: Ordinals, rising.
        file: The name of the file it is mapped from; empty while it is in memory alone.
    """

    keys: Keys
    starts: Places
    places: Places
    codes: Codes
    pairs: Pairs
    entries: Ordinals
    file: str = ""

    def __len__(self) -> int:
        """How many postings it has."""
        return len(self.places)

    def shares(self, scoring: Scoring) -> Scores:
        """What each pair makes of a term's weight: tf / (tf + k1 · (1 - b + b · len / average))."""
        tf = (self.pairs >> _LENGTH_BITS).astype(np.float64)
        lengths = (self.pairs & _LENGTH).astype(np.float64)
        shares: Scores = tf / (tf + (scoring.saturation + scoring.slope * lengths))
        return shares

    def find(self, keys: Keys) -> tuple[Counts, Counts]:
        """Where the list of each key begins and ends; both 0 for one that is not here."""
        at = self.keys.searchsorted(keys)
        there = self.keys.take(at, mode="clip") == keys
        starts = np.where(there, self.starts.take(at, mode="clip"), 0)
        stops = np.where(there, self.starts.take(at + 1, mode="clip"), 0)
        return starts.astype(np.int64), stops.astype(np.int64)

    @cached_property
    def _directory(self) -> Directory | None:
        return Directory.of(self.entries)

    def locate(self, ordinals: Ordinals) -> Counts:
        """The places of those of these ordinals (rising) that are here."""
        begin, end = ordinals.searchsorted([self.entries[0], self.entries[-1] + 1])
        wanted = ordinals[begin:end]
        if len(wanted) and self._directory:
            return self._directory.places(wanted)
        places = self.entries.searchsorted(wanted)
        here: Counts = places[self.entries.take(places, mode="clip") == wanted]
        return here


def code_type(pairs: int) -> np.dtype[np.unsignedinteger[Any]]:
    """The narrowest type that numbers so many pairs."""
    return np.dtype("<u2" if pairs <= 2**16 else "<u4")


def build(rows: PostingRows) -> Segment:
    """A segment of these rows, of which there is one at least."""
    entries, places = np.unique(rows.ordinals, return_inverse=True)
    order = np.lexsort((places, rows.keys))
    keys = rows.keys[order]
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    pairs, codes = np.unique(
        rows.tf.astype(np.uint64) << _LENGTH_BITS | rows.lengths.astype(np.uint64),
        return_inverse=True,
    )
    return Segment(
        keys=keys[begins],
        starts=np.append(begins, len(keys)).astype(np.uint32),
        places=places[order].astype(np.uint32),
        codes=codes[order].astype(code_type(len(pairs))),
        pairs=pairs,
        entries=entries,
    )
