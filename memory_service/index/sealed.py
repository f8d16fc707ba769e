"""FAISS, and nothing but FAISS: rows that no longer change, with an index over them.

Facts that shape it (measured with faiss-cpu 1.15): a search while another thread adds kills the
process, so nothing is ever added to an index that readers may hold; HNSW cannot remove, so
removal is the reader's concern; a damaged file may abort the process in the deserialiser, so
the caller checks the bytes before `read`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import faiss
import numpy as np
import numpy.typing as npt

from memory_service.index.rows import Rows

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.index.rows import RowNumbers
    from memory_service.model.read import Ordinals, Parts
    from memory_service.protocols import Vector, Vectors

_LINKS = 16
_BUILD_DEPTH = 80
_SEARCH_DEPTH = 128


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nearest:
    """Row numbers by falling estimate (float32), as the index found them."""

    rows: RowNumbers
    estimates: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sealed:
    """Rows under an index; `rows.vectors` is a view of what the index holds.

    `exact` says whether the index looks at every vector (flat) or at a part of a graph (HNSW).
    """

    rows: Rows
    exact: bool
    ordinal_count: int
    index: Any

    @classmethod
    def build(cls, rows: Rows, *, exact: bool) -> Self:
        """Copy the rows under a flat index, or a graph: deterministic, on one core.

        A graph over 20,000 vectors of 384 dimensions takes about 2 s.
        """
        index = _new_index(rows.vectors.shape[1], exact=exact)
        faiss.omp_set_num_threads(1)
        index.add(rows.vectors)
        return cls._over(index, rows.ordinals, rows.parts)

    @classmethod
    def read(cls, file: Path, *, ordinals: Ordinals, parts: Parts) -> Self:
        """Take up what `write` wrote; the bytes must be those.

        Raises:
            OSError: If the file cannot be read.
        """
        return cls._over(_checked(faiss.read_index, str(file)), ordinals, parts)

    @classmethod
    def _over(cls, index: Any, ordinals: Ordinals, parts: Parts) -> Self:  # noqa: ANN401  FAISS has no types
        exact = isinstance(index, faiss.IndexFlat)
        storage = index if exact else faiss.downcast_index(index.storage)
        rows = Rows(ordinals=ordinals, parts=parts, vectors=_vectors_of(storage))
        return cls(rows=rows, exact=exact, ordinal_count=len(np.unique(ordinals)), index=index)

    def write(self, file: Path) -> None:
        """Write the index with its vectors; the ordinals and parts are the caller's to keep.

        Raises:
            OSError: If the file cannot be written.
        """
        _checked(faiss.write_index, self.index, str(file))

    def nearest(self, query: Vector, count: int) -> Nearest:
        """The *count* best rows, or fewer where a graph reaches no more.

        Estimates are float32, see `scoring`.
        """
        scores, found = self.index.search(query[np.newaxis], min(count, len(self.rows)))
        reached = found[0] >= 0
        return Nearest(rows=found[0][reached], estimates=scores[0][reached])


def _new_index(dimensions: int, *, exact: bool) -> Any:  # noqa: ANN401  FAISS has no types
    if exact:
        return faiss.IndexFlatIP(dimensions)
    index = faiss.IndexHNSWFlat(dimensions, _LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _BUILD_DEPTH
    index.hnsw.efSearch = _SEARCH_DEPTH
    return index


def _vectors_of(storage: Any) -> Vectors:  # noqa: ANN401  FAISS has no types
    if storage.ntotal == 0:
        return np.empty((0, storage.d), np.float32)
    flat = faiss.rev_swig_ptr(storage.get_xb(), storage.ntotal * storage.d)
    vectors: Vectors = flat.reshape(storage.ntotal, storage.d)
    vectors.flags.writeable = False
    return vectors


def _checked(call: Any, *arguments: object) -> Any:  # noqa: ANN401  FAISS has no types
    """FAISS reports a failed read or write as a bare `RuntimeError`."""
    try:
        return call(*arguments)
    except RuntimeError as error:
        raise OSError(str(error)) from error
