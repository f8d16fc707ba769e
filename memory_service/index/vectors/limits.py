"""From how many vectors on a namespace is kept in another way, and how far a search looks.

The defaults are measured: `docs/adr/0018-vectors-by-the-size-of-a-namespace.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Up to so many vectors a search looks at all of them.
EXACT_LIMIT = 10_000
#: Up to so many, codes of the vectors are in one list.
FLAT_LIMIT = 65_536
#: So many vectors may wait beside a sealed part before they are sealed with it.
GROWING_LIMIT = 4_096
#: Bytes that widened vectors may take, of all namespaces together.
MATRIX_BYTES = 64 << 20

_LISTS_PER_ROOT = 2.0
_PROBED_SHARE = 1 / 24
_LEAST_PROBED = 96
#: Lists that were made for so many times fewer vectors are made anew.
_OUTGROWN = 4
_DEAD_SHARE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexLimits:
    """The switch points of an index.

    Args:
        exact: Up to how many vectors a search looks at all of them.
        flat: Up to how many their codes are in one list.
        growing: How many vectors may wait unsealed.
        gathered: Up to how many vectors that a filter leaves are all looked at.
        candidates: How many candidates are scored for each entry that is wanted.
        least_candidates: How many of them at least.
    """

    exact: int = EXACT_LIMIT
    flat: int = FLAT_LIMIT
    growing: int = GROWING_LIMIT
    gathered: int = 4_096
    candidates: int = 4
    least_candidates: int = 200

    def lists(self, vectors: int) -> int:
        """Into how many lists so many vectors go."""
        return 1 if vectors <= self.flat else max(1, round(_LISTS_PER_ROOT * math.sqrt(vectors)))

    def probes(self, lists: int) -> int:
        """In how many of them a search looks that no filter narrows."""
        return max(_LEAST_PROBED, math.ceil(_PROBED_SHARE * lists))

    def wanted(self, k: int) -> int:
        """How many candidates a search for *k* entries scores."""
        return max(self.least_candidates, self.candidates * k)

    def outgrown(self, *, trained: int, vectors: int) -> bool:
        """Whether so many vectors should have other lists than those made for *trained*."""
        switches = (self.lists(trained) == 1) != (self.lists(vectors) == 1)
        return switches or vectors > _OUTGROWN * trained

    def too_dead(self, *, dead: int, vectors: int) -> bool:
        """Whether so many of these vectors are removed that they should not be kept."""
        return dead > _DEAD_SHARE * vectors
