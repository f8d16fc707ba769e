"""What finds vectors: the product's indexes, and plain FAISS beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import faiss
import numpy as np

from memory_service.index.vectors import snapshot
from memory_service.index.vectors.halves import halved
from memory_service.index.vectors.limits import MATRIX_BYTES, IndexLimits
from memory_service.index.vectors.places import Places
from memory_service.index.vectors.snapshot import SnapshotExpectation, SnapshotInfo
from memory_service.index.vectors.vector_indexes import VectorIndexes

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.index.vectors.faiss_index import FaissIndex
    from memory_service.model.read import Ordinals
    from memory_service.protocols import Vector, Vectors

#: The namespace that everything is in, but for a few.
MAIN = 1
_LINKS, _BUILD_DEPTH = 16, 80
_INFO = SnapshotInfo(watermark=1, chain="", fingerprint="", cluster_id="")


class Engine(Protocol):
    """Finds vectors by their number."""

    def add(self, vectors: Vectors) -> None:
        """Take more in."""
        ...

    def finish(self) -> None:
        """Be ready."""
        ...

    def search(self, query: Vector, k: int) -> Ordinals:
        """The numbers of the best, the best first."""
        ...


class Ours:
    """The indexes of a store, as the service has them; the n-th vector added has the number n.

    Args:
        folder: Where they keep their files.
        dimensions: Length of every vector.
        limits: The switch points.
    """

    def __init__(self, folder: Path, dimensions: int, limits: IndexLimits | None = None) -> None:
        self.indexes = VectorIndexes.begun(
            folder,
            dimensions=dimensions,
            limits=limits or IndexLimits(),
            matrix_bytes=MATRIX_BYTES,
        )
        self._next = 0

    def add(self, vectors: Vectors, number: int = MAIN) -> None:
        """Take more in, in a namespace."""
        ordinals = np.arange(self._next, self._next + len(vectors))
        self._next += len(vectors)
        rows = self.indexes.append(halved(vectors))
        parts = np.zeros(len(rows), np.int32)
        self.index(number).take(Places.of_columns(ordinals, parts, rows))

    def index(self, number: int = MAIN) -> FaissIndex:
        """The index of a namespace."""
        found = self.indexes.index(number)
        if found is None:
            raise LookupError(number)
        return found

    def finish(self) -> None:
        """Do what is due."""
        for number in self.indexes.due():
            self.indexes.maintain(number)

    def save(self) -> None:
        """Write a snapshot."""
        self.indexes.save(_INFO)

    def search(self, query: Vector, k: int) -> Ordinals:
        """The numbers of the best, the best first."""
        return self.index().search(query, k).ordinals


def taken_up(folder: Path, dimensions: int) -> VectorIndexes:
    """The indexes that were saved in *folder*."""
    expect = SnapshotExpectation(newest=1, fingerprint="", cluster_id="", dimensions=dimensions)
    return VectorIndexes.taken_up(
        folder,
        snapshot.read(folder, expect),
        lambda ordinals, _: halved(np.zeros((len(ordinals), dimensions), np.float32)),
        limits=IndexLimits(),
        matrix_bytes=MATRIX_BYTES,
    )


class Plain:
    """A FAISS index by itself, at its own precision."""

    def __init__(self, index: Any, depth: int | None = None) -> None:  # noqa: ANN401  FAISS has no types
        self._index = index
        if depth is not None:
            index.hnsw.efConstruction, index.hnsw.efSearch = _BUILD_DEPTH, depth

    @classmethod
    def flat(cls, dimensions: int) -> Plain:
        """All vectors at 32 bits, all of them looked at."""
        return cls(faiss.IndexFlatIP(dimensions))

    @classmethod
    def graph(cls, dimensions: int) -> Plain:
        """HNSW16 over vectors at 32 bits."""
        return cls(faiss.IndexHNSWFlat(dimensions, _LINKS, faiss.METRIC_INNER_PRODUCT), 128)

    @classmethod
    def graph_of_halves(cls, dimensions: int) -> Plain:
        """HNSW16 over vectors at 16 bits."""
        kind: Any = faiss.ScalarQuantizer.QT_fp16
        return cls(faiss.IndexHNSWSQ(dimensions, kind, _LINKS, faiss.METRIC_INNER_PRODUCT), 128)

    def add(self, vectors: Vectors) -> None:
        """Take more in, on one core."""
        faiss.omp_set_num_threads(1)
        if not self._index.is_trained:
            self._index.train(vectors)
        self._index.add(vectors)

    def finish(self) -> None:
        """Nothing is left to do."""

    def search(self, query: Vector, k: int) -> Ordinals:
        """The numbers of the best, the best first, on one core."""
        faiss.omp_set_num_threads(1)
        found: Ordinals = self._index.search(query[np.newaxis], k)[1][0]
        return found
