"""Vector indexes of two namespaces, one sealed and one not, to be saved and taken up again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.index.manifest import SnapshotUnusableError
from memory_service.index.vectors import snapshot
from memory_service.index.vectors.halves import halved
from memory_service.index.vectors.limits import IndexLimits
from memory_service.index.vectors.places import Places
from memory_service.index.vectors.snapshot import SnapshotExpectation, SnapshotInfo
from memory_service.index.vectors.vector_indexes import VectorIndexes
from tests.support.vectors import random_vectors

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.index.vectors.faiss_index import FaissIndex
    from memory_service.index.vectors.halves import Halves
    from memory_service.model.read import Ordinals, Parts

DIMENSIONS = 16
VECTORS = random_vectors(400, DIMENSIONS, seed=1)
#: The large namespace is sealed, the small one is not.
LARGE, SMALL = 7, 9
LIMITS = IndexLimits(exact=100, growing=100, gathered=20)


def expectation(
    *, newest: int = 40, fingerprint: str = "f", cluster_id: str = "c", dimensions: int = DIMENSIONS
) -> SnapshotExpectation:
    """What a snapshot of these must be."""
    return SnapshotExpectation(
        newest=newest, fingerprint=fingerprint, cluster_id=cluster_id, dimensions=dimensions
    )


def refusal(folder: Path, expect: SnapshotExpectation | None = None) -> str:
    """Why the snapshot in *folder* cannot be used."""
    with pytest.raises(SnapshotUnusableError) as caught:
        snapshot.read(folder, expect or expectation())
    return caught.value.reason


def index_of(indexes: VectorIndexes, number: int) -> FaissIndex:
    """The index of a namespace."""
    found = indexes.index(number)
    assert found is not None
    return found


def put(indexes: VectorIndexes, number: int, ordinals: range, parts: int = 1) -> None:
    """The vector of an ordinal's part is that of their sum."""
    keys = np.repeat(np.array(ordinals), parts)
    which = np.tile(np.arange(parts, dtype=np.int32), len(ordinals))
    rows = indexes.append(halved(VECTORS[keys + which]))
    index_of(indexes, number).take(Places.of_columns(keys, which, rows))


def filled(folder: Path) -> VectorIndexes:
    """300 ordinals sealed and 40 beside them, 5 of two parts in another namespace."""
    indexes = VectorIndexes.begun(folder, dimensions=DIMENSIONS, limits=LIMITS, matrix_bytes=10_000)
    put(indexes, LARGE, range(300))
    indexes.maintain(LARGE)
    put(indexes, SMALL, range(390, 395), parts=2)
    put(indexes, LARGE, range(300, 340))
    return indexes


def save(indexes: VectorIndexes, *, watermark: int = 40) -> None:
    """Write a snapshot."""
    indexes.save(SnapshotInfo(watermark=watermark, chain="ab", fingerprint="f", cluster_id="c"))


def from_the_store(ordinals: Ordinals, parts: Parts) -> Halves:
    """What is stored of these."""
    return halved(VECTORS[ordinals + parts])


def loaded(folder: Path) -> VectorIndexes:
    """The indexes that were saved in *folder*."""
    found = snapshot.read(folder, expectation())
    return VectorIndexes.taken_up(folder, found, from_the_store, limits=LIMITS, matrix_bytes=10_000)


def watermark_of(folder: Path) -> int:
    """How far the snapshot in *folder* has seen the changes."""
    return snapshot.read(folder, expectation()).manifest.watermark


def assert_same_answers(one: VectorIndexes, other: VectorIndexes) -> None:
    """Both find the same, to the last bit."""
    for number in (LARGE, SMALL):
        left, right = index_of(one, number), index_of(other, number)
        assert len(left) == len(right)
        for query in VECTORS[::40]:
            mine, theirs = left.search(query, 15), right.search(query, 15)
            np.testing.assert_array_equal(mine.ordinals, theirs.ordinals)
            np.testing.assert_array_equal(mine.scores, theirs.scores)
            np.testing.assert_array_equal(mine.parts, theirs.parts)
