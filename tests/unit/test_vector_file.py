"""Vectors at 16 bits: what is written comes back, and what costs memory is bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.index.blocks import Blocks
from memory_service.index.halves import halved, widened
from memory_service.index.matrices import Matrices, Matrix
from memory_service.index.vector_file import VectorFile
from tests.support.indexes import a_file
from tests.support.vectors import random_vectors

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.index.halves import Halves
    from memory_service.index.places import RowNumbers

DIMENSIONS = 8


def test_every_finite_16_bit_float_is_widened_to_itself() -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)].reshape(-1, DIMENSIONS)

    wide = widened(finite)

    np.testing.assert_array_equal(wide, finite.astype(np.float32))
    np.testing.assert_array_equal(np.signbit(wide), np.signbit(finite))


def test_rows_keep_their_numbers_while_the_file_grows() -> None:
    file, vectors = a_file(DIMENSIONS), halved(random_vectors(2_000, DIMENSIONS, seed=1))
    early = np.array([3, 0, 3])

    firsts = [file.append(vectors[start : start + 125]) for start in range(0, 2_000, 125)]

    assert firsts == list(range(0, 2_000, 125))
    np.testing.assert_array_equal(file.gather(early), vectors[early])
    np.testing.assert_array_equal(file.gather(np.arange(2_000)), vectors)


def test_cleared_rows_are_zeros_and_the_others_stay() -> None:
    file, vectors = a_file(DIMENSIONS), halved(random_vectors(200, DIMENSIONS, seed=2))
    file.append(vectors)
    before = file.sums()

    file.clear(np.array([5, 130]))
    after = file.sums()

    assert not file.gather(np.array([5, 130])).any()
    np.testing.assert_array_equal(file.gather(np.arange(6, 130)), vectors[6:130])
    assert [str(one) == str(other) for one, other in zip(before, after, strict=True)] == [
        False,
        True,
        False,
        True,
    ]


def test_what_lies_behind_the_saved_rows_is_written_over(tmp_path: Path) -> None:
    path, vectors = tmp_path / "vectors", halved(random_vectors(150, DIMENSIONS, seed=3))
    file = VectorFile(path, dimensions=DIMENSIONS)
    file.append(vectors[:100])
    sums = file.sums()
    file.append(vectors[100:120])

    again = VectorFile(path, dimensions=DIMENSIONS, saved=Blocks(sums, 100))
    first = again.append(vectors[120:])

    assert (first, again.count) == (100, 130)
    np.testing.assert_array_equal(again.gather(np.arange(100)), vectors[:100])
    np.testing.assert_array_equal(again.gather(np.arange(100, 130)), vectors[120:])


def test_only_blocks_that_are_used_are_compared_until_all_are(tmp_path: Path) -> None:
    path, vectors = tmp_path / "vectors", halved(random_vectors(640, DIMENSIONS, seed=4))
    file, asked = VectorFile(path, dimensions=DIMENSIONS), list[list[int]]()
    file.append(vectors)
    sums = file.sums()
    file.clear(np.arange(640))

    def source(rows: RowNumbers) -> Halves:
        asked.append([int(rows[0]), int(rows[-1])])
        return vectors[rows]

    again = VectorFile(path, dimensions=DIMENSIONS, saved=Blocks(sums, 640), source=source)
    np.testing.assert_array_equal(again.gather(np.array([70, 200])), vectors[[70, 200]])
    used = asked.copy()
    while again.check_some():
        pass

    assert used == [[64, 127], [192, 255]]
    assert len(asked) == 10
    np.testing.assert_array_equal(again.gather(np.arange(640)), vectors)


@pytest.mark.parametrize("rooms", [1, 3])
def test_matrices_stay_within_their_bytes_and_answer_all_the_same(rooms: int) -> None:
    file, vectors = a_file(DIMENSIONS), halved(random_vectors(400, DIMENSIONS, seed=5))
    file.append(vectors)
    matrices = Matrices(rooms * 125 * DIMENSIONS * 4)
    kept = [Matrix() for _ in range(4)]

    for _ in range(2):
        for place, matrix in enumerate(kept):
            rows = np.arange(100 * place, 100 * place + 100)
            np.testing.assert_array_equal(matrices.of(matrix, rows, file), widened(vectors[rows]))
            assert sum(each.size for each in kept) <= rooms * 125 * DIMENSIONS * 4

    assert matrices.of(Matrix(), np.arange(400), file) is None or rooms == 3
    assert kept[3].size


def test_a_matrix_grows_with_its_places() -> None:
    file, vectors = a_file(DIMENSIONS), halved(random_vectors(300, DIMENSIONS, seed=6))
    file.append(vectors)
    matrices, matrix = Matrices(1 << 20), Matrix()

    for count in (1, 2, 100, 50, 299, 300):
        found = matrices.of(matrix, np.arange(count), file)
        np.testing.assert_array_equal(found, widened(vectors[:count]))
    matrices.forget(matrix)

    assert matrix.size == 0
