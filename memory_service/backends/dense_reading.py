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
        best = alive[:depth]
        return DenseLeg(ordinals=leg.ordinals[best], scores=leg.scores[best], parts=leg.parts[best])

    def score(self, vector: Vector, ordinals: Ordinals) -> DenseLeg:
        """The exact cosines of these, in their order; NaN where there is no vector."""
        index = self._index()
        if index is None:
            missing = np.full(len(ordinals), np.nan)
            return DenseLeg(
                ordinals=ordinals, scores=missing, parts=np.full(len(ordinals), -1, np.int32)
            )
        leg = index.score(vector, ordinals)
        alive = self._seen.alive(ordinals)
        return DenseLeg(
            ordinals=ordinals,
            scores=np.where(alive, leg.scores, np.nan),
            parts=np.where(alive, leg.parts, -1).astype(np.int32),
        )

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
