"""What one search sees, and how it searches: without a lock, over parts that do not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.index import scoring

if TYPE_CHECKING:
    import numpy.typing as npt

    from memory_service.index.rows import RowNumbers, Rows
    from memory_service.index.sealed import Nearest, Sealed
    from memory_service.model.read import DenseLeg, Ordinals
    from memory_service.protocols import Vector, Vectors

#: Below this share of a graph's rows, the allowed ones are scored one by one: a graph that may
#: answer with few of its rows finds too few of them.
_FEW_ALLOWED = 0.1
#: A search that would have to fetch more than this share of the rows looks at all of them.
_SCAN_SHARE = 0.25
_SPARE = 16
_GROWTH = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IndexState:
    """An index at one instant.

    No ordinal has rows in both parts.  `dead` (sorted) are removed ordinals that still have rows.
    """

    sealed: Sealed
    growing: Rows
    dead: Ordinals
    alive: int

    def holds(self, ordinals: Ordinals) -> npt.NDArray[np.bool_]:
        """Which of these have rows, dead or alive."""
        return self.sealed.rows.holds(ordinals) | self.growing.holds(ordinals)

    def is_alive(self, ordinals: Ordinals) -> npt.NDArray[np.bool_]:
        """Which of these a search may find."""
        return self.holds(ordinals) & ~np.isin(ordinals, self.dead)

    def row_count(self) -> int:
        """Rows in both parts, dead ones included."""
        return len(self.sealed.rows) + len(self.growing)

    def live_rows(self, *, beside: Rows | None = None) -> Rows:
        """A copy of everything a search may find, but for the ordinals that *beside* holds."""
        return _live(self.sealed.rows, self.dead, beside).merged(
            _live(self.growing, self.dead, beside)
        )

    def search(self, query: Vector, k: int, allowed: Ordinals | None) -> DenseLeg:
        """The *k* best ordinals, among the allowed ones if given; see `VectorIndex.search`."""
        if allowed is not None and len(self.dead):
            allowed = allowed[~np.isin(allowed, self.dead)]
        growing = self._wanted(self.growing, allowed)
        legs = [
            self._search_sealed(query, k, allowed),
            scoring.scan(self.growing, growing, query, k),
        ]
        return scoring.ranked(legs, k)

    def score(self, query: Vector, ordinals: Ordinals) -> DenseLeg:
        """The exact scores of these, in their order; NaN and part -1 for one not alive."""
        alive = np.setdiff1d(ordinals, self.dead)
        legs = [
            scoring.scored(rows, rows.of(alive), query) for rows in (self.sealed.rows, self.growing)
        ]
        return scoring.arranged(legs, ordinals)

    def vectors(self, ordinals: Ordinals) -> Vectors:
        """The vectors of these; a row of NaN for one that has not exactly one, or is not alive."""
        vectors = np.full((len(ordinals), self.growing.vectors.shape[1]), np.nan, np.float32)
        alive = ~np.isin(ordinals, self.dead)
        for rows in (self.sealed.rows, self.growing):
            first = np.searchsorted(rows.ordinals, ordinals, "left")
            single = np.searchsorted(rows.ordinals, ordinals, "right") == first + 1
            vectors[alive & single] = rows.vectors[first[alive & single]]
        return vectors

    def _wanted(self, rows: Rows, allowed: Ordinals | None) -> RowNumbers:
        """The rows a search may find; *allowed* holds none that is dead."""
        if allowed is not None:
            return rows.of(allowed)
        return np.delete(np.arange(len(rows)), rows.of(self.dead))

    def _search_sealed(self, query: Vector, k: int, allowed: Ordinals | None) -> DenseLeg:
        """Ask the index for more and more until it is enough, or look at all rows."""
        rows = self.sealed.rows
        rounding = scoring.rounding(len(query))
        fetch = self._first_fetch(k, allowed)
        while fetch < _SCAN_SHARE * len(rows):
            nearest = self.sealed.nearest(query, fetch)
            found = np.sort(nearest.rows[self._eligible(rows.ordinals[nearest.rows], allowed)])
            leg = scoring.scored(rows, found, query)
            if len(nearest.rows) == fetch and _complete(nearest, leg, k, rounding):
                return leg
            fetch *= _GROWTH
        return scoring.scan(rows, self._wanted(rows, allowed), query, k)

    def _first_fetch(self, k: int, allowed: Ordinals | None) -> int:
        """How many rows should give *k* ordinals that may be found; all if a scan is due."""
        rows = self.sealed.rows
        if allowed is None:
            wanted = len(rows) - len(rows.of(self.dead))
        else:
            wanted = len(rows.of(allowed))
            if self.sealed.exact or wanted < _FEW_ALLOWED * len(rows):
                return len(rows)
        if k <= 0 or not wanted:
            return len(rows)
        parts = len(rows) / self.sealed.ordinal_count
        return int((k + _SPARE) * parts * len(rows) / wanted)

    def _eligible(self, ordinals: Ordinals, allowed: Ordinals | None) -> npt.NDArray[np.bool_]:
        if allowed is None:
            return ~np.isin(ordinals, self.dead)
        place = np.searchsorted(allowed, ordinals).clip(max=len(allowed) - 1)
        return np.asarray(allowed[place] == ordinals)


def _live(rows: Rows, dead: Ordinals, beside: Rows | None) -> Rows:
    kept = ~np.isin(rows.ordinals, dead)
    if beside is not None:
        kept &= ~beside.holds(rows.ordinals)
    return rows.take(np.flatnonzero(kept))


def _complete(nearest: Nearest, leg: DenseLeg, k: int, rounding: float) -> bool:
    """Whether the k-th best is surely better than whatever was not fetched."""
    if len(leg.ordinals) < k:
        return False
    kth = float(np.partition(leg.scores, len(leg.scores) - k)[len(leg.scores) - k])
    return kth - float(nearest.estimates[-1]) > rounding
