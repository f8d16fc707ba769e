"""The dense leg of one recall in a local backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.read import DenseLeg

if TYPE_CHECKING:
    from memory_service.backends.local_vectors import LocalVectors
    from memory_service.backends.seen import Seen
    from memory_service.index.faiss_index import FaissIndex
    from memory_service.model.read import Ordinals
    from memory_service.protocols import Vector, Vectors


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
        asked = depth + self._seen.expired
        leg = index.search(vector, asked, allowed=self._allowed())
        alive = self._alive_rows(leg)
        if len(alive) < depth and len(leg.ordinals) == asked:
            # Versions that are on their way in or out stood before others: look at all.
            leg = index.search(vector, len(index), allowed=self._allowed())
            alive = self._alive_rows(leg)
        best = alive[:depth]
        return DenseLeg(ordinals=leg.ordinals[best], scores=leg.scores[best], parts=leg.parts[best])

    def _allowed(self) -> Ordinals | None:
        return None if self._seen.allowed is None else self._seen.allowed.ordinals

    def _alive_rows(self, leg: DenseLeg) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        return np.flatnonzero(self._seen.alive(leg.ordinals))

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
