"""The dense leg of one recall in a local backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.read import DenseLeg

if TYPE_CHECKING:
    from memory_service.backends.local_vectors import LocalVectors
    from memory_service.backends.seen import Seen
    from memory_service.index.vectors.faiss_index import FaissIndex
    from memory_service.model.read import Ordinals
    from memory_service.protocols import Vector, Vectors

_MORE = 4


class DenseReading:
    """Answers from the vectors of what is *seen*."""

    def __init__(self, vectors: LocalVectors, seen: Seen) -> None:
        self._vectors = vectors
        self._seen = seen

    def _index(self) -> FaissIndex | None:
        return self._vectors.index(self._seen.shelf.number)

    def best(self, vector: Vector, depth: int) -> DenseLeg:
        """The *depth* best entries by cosine."""
        index = self._index()
        if index is None:
            return _NO_VECTORS
        asked = depth + min(self._seen.expired, depth)
        while True:
            leg = index.search(vector, asked, allowed=self._seen.allowed)
            alive = np.flatnonzero(self._seen.alive(leg.ordinals))
            if len(alive) >= depth or len(leg.ordinals) < asked:
                break
            # Versions that have expired, or are on their way in or out, stand before others.
            asked *= _MORE
        return leg if len(alive) == len(leg.ordinals) == depth else leg.of(alive[:depth])

    def score(self, vector: Vector, ordinals: Ordinals) -> DenseLeg:
        """The exact cosines of these in their order, and their vectors; NaN for none."""
        index = self._index()
        if index is None:
            return DenseLeg(
                ordinals=ordinals,
                scores=np.full(len(ordinals), np.nan),
                parts=np.full(len(ordinals), -1, np.int32),
                vectors=np.empty((len(ordinals), 0), np.float32),
            )
        leg = index.score(vector, ordinals)
        dead = ~self._seen.alive(ordinals)
        if dead.any() and leg.vectors is not None:
            leg.scores[dead], leg.parts[dead], leg.vectors[dead] = np.nan, -1, np.nan
        return leg

    def vectors(self, ordinals: Ordinals) -> Vectors:
        """The vectors of these in their order; a row of NaN for one that has not exactly one."""
        index = self._index()
        if index is None:
            return np.empty((len(ordinals), 0), np.float32)
        vectors = index.vectors(ordinals)
        vectors[~self._seen.alive(ordinals)] = np.nan
        return vectors


_NO_VECTORS = DenseLeg(
    ordinals=np.empty(0, np.int64), scores=np.empty(0, np.float64), parts=np.empty(0, np.int32)
)
