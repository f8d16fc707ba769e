"""What one search sees, and how it searches: without a lock, over parts that do not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.index.vectors import scoring
from memory_service.index.vectors.gathered import Gathered
from memory_service.index.vectors.scoring import InMemory, OnDisk

if TYPE_CHECKING:
    from memory_service.index.vectors.limits import IndexLimits
    from memory_service.index.vectors.matrices import Matrices, Matrix
    from memory_service.index.vectors.part import Part
    from memory_service.index.vectors.places import Picks, Places
    from memory_service.index.vectors.scoring import VectorSource
    from memory_service.index.vectors.sealed import Sealed
    from memory_service.index.vectors.vector_file import VectorFile
    from memory_service.model.read import DenseLeg, Flags, Ordinals
    from memory_service.model.selection import Selection
    from memory_service.protocols import Vector

#: A search whose candidates are too few of what is wanted looks at so many times more.
_MORE = 4
#: Lists are looked at that should hold so many times what is asked for.
_AMPLE = 2
#: Up to this share of removed places, they are left out of what was found; above, of the search.
_FEW_DEAD = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shared:
    """What the indexes of a store have in common."""

    file: VectorFile
    limits: IndexLimits
    matrices: Matrices


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IndexState:
    """An index at one instant: what is *old* and under *sealed*, and what came since.

    No ordinal has places in both parts.  `matrix` keeps the vectors of the fresh part; `alive`
    counts ordinals.
    """

    shared: Shared
    sealed: Sealed | None
    old: Part
    fresh: Part
    matrix: Matrix
    alive: int

    def parts(self) -> tuple[Part, Part]:
        """What was sealed, and what came since."""
        return self.old, self.fresh

    def holds(self, ordinals: Ordinals) -> Flags:
        """Which of these have places, dead or alive."""
        return self.old.places.holds(ordinals) | self.fresh.places.holds(ordinals)

    def live_places(self) -> Places:
        """All that a search may find."""
        return self.old.live().joined(self.fresh.live())

    def search(self, query: Vector, k: int, allowed: Selection | None) -> DenseLeg:
        """The *k* best ordinals, among the allowed ones if given; see `VectorIndex.search`."""
        legs = [self._search_fresh(query, k, allowed)]
        if self.sealed is not None:
            legs.append(self._search_sealed(self.sealed, query, k, allowed))
        return scoring.ranked(legs, k)

    def gathered(self, ordinals: Ordinals) -> Gathered:
        """The vectors of these distinct ordinals, which rise."""
        return Gathered.of(ordinals, self.parts(), self.shared.file)

    def _on_disk(self, part: Part) -> VectorSource:
        return OnDisk(file=self.shared.file, rows=part.places.rows)

    def _search_fresh(self, query: Vector, k: int, allowed: Selection | None) -> DenseLeg:
        """Look at everything."""
        places = self.fresh.places
        wanted = np.flatnonzero(self.fresh.wanted(allowed))
        matrix = self.shared.matrices.of(self.matrix, places.rows, self.shared.file)
        source = self._on_disk(self.fresh) if matrix is None else InMemory(matrix=matrix)
        return scoring.scan(places, wanted, source, query, k)

    def _search_sealed(
        self, sealed: Sealed, query: Vector, k: int, allowed: Selection | None
    ) -> DenseLeg:
        """Look at all if they are few, else at what the index finds."""
        wanted = self.old.wanted(allowed)
        left = int(np.count_nonzero(wanted))
        count = self.shared.limits.wanted(k)
        source = self._on_disk(self.old)
        while left > max(self.shared.limits.gathered, 2 * count):
            found = self._found(sealed, query, count, wanted, left)
            leg = scoring.scan(self.old.places, found, source, query, k)
            if len(leg.ordinals) >= k:
                return leg
            count *= _MORE
        return scoring.scan(self.old.places, np.flatnonzero(wanted), source, query, k)

    def _found(self, sealed: Sealed, query: Vector, count: int, wanted: Flags, left: int) -> Picks:
        """About *count* of the *left* wanted places, rising: those that seem best.

        The fewer are wanted, the more lists are looked at, until there are enough.  An entry
        comes with all of its places, for the best of them is its score.
        """
        narrow = left < (1 - _FEW_DEAD) * len(wanted)
        among = wanted if narrow else None
        asked = count if narrow else count * len(wanted) // left
        probes = max(self.shared.limits.probes(sealed.lists), _AMPLE * count * sealed.lists // left)
        picks = sealed.nearest(query, asked, probes=probes, among=among)
        while len(picks) < asked and probes < sealed.lists:
            probes *= 2
            picks = sealed.nearest(query, asked, probes=probes, among=among)
        if not narrow:
            picks = picks[wanted[picks]]
        return self.old.places.with_siblings(picks)
