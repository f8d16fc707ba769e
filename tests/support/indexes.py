"""Vector indexes over a file of their own, which leaves nothing behind."""

from __future__ import annotations

import tempfile
from pathlib import Path

from memory_service.index.vectors.faiss_index import FaissIndex
from memory_service.index.vectors.limits import IndexLimits
from memory_service.index.vectors.matrices import Matrices
from memory_service.index.vectors.state import Shared
from memory_service.index.vectors.vector_file import VectorFile


def a_file(dimensions: int) -> VectorFile:
    """An empty vector file without a name."""
    with tempfile.TemporaryDirectory() as folder:
        return VectorFile(Path(folder) / "vectors", dimensions=dimensions)


def an_index(
    dimensions: int, limits: IndexLimits | None = None, *, matrix_bytes: int = 1 << 20
) -> FaissIndex:
    """An empty index."""
    shared = Shared(
        file=a_file(dimensions),
        limits=limits or IndexLimits(),
        matrices=Matrices(matrix_bytes),
    )
    return FaissIndex(shared)
