"""Vectors at 16 bits: what is written comes back, and what costs memory is bounded."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.index.vectors.halves import halved, widened
from memory_service.index.vectors.matrices import Matrices, Matrix
from memory_service.index.vectors.vector_file import SavedRows, VectorFile
from tests.support.indexes import a_file
from tests.support.vectors import random_vectors

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.index.vectors.halves import Halves
    from memory_service.index.vectors.places import RowNumbers

DIMENSIONS = 8


def nothing_stored(rows: RowNumbers) -> Halves:
    raise AssertionError(rows)


def test_every_finite_16_bit_float_is_widened_to_itself() -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)].reshape(-1, DIMENSIONS)

    wide = widened(finite)

    np.testing.assert_array_equal(wide, finite.astype(np.float32))
    np.testing.assert_array_equal(np.signbit(wide), np.signbit(finite))


def test_rows_keep_their_numbers_while_the_file_grows() -> None:
    file, vectors = a_file(DIMENSIONS), halved(random_vectors(2_000, DIMENSIONS, seed=1))
    early = np.array([3, 0, 3])

    rows = [file.append(vectors[start : start + 125]) for start in range(0, 2_000, 125)]

    assert np.concatenate(rows).tolist() == list(range(2_000))
    np.testing.assert_array_equal(file.gather(early), vectors[early])
    np.testing.assert_array_equal(file.gather(np.arange(2_000)), vectors)


def test_what_is_given_up_is_zeroed_and_used_again() -> None:
    file, vectors = a_file(DIMENSIONS), halved(random_vectors(300, DIMENSIONS, seed=2))
    file.append(vectors[:200])
    kept = np.setdiff1d(np.arange(200), [5, 130, 131])

    file.keep_only(kept)
    zeroed = file.gather(np.array([5, 130, 131]))
    rows = file.append(vectors[200:204])

    assert not zeroed.any()
    assert sorted(rows.tolist()) == [5, 130, 131, 200]
    np.testing.assert_array_equal(file.gather(rows), vectors[200:204])
    np.testing.assert_array_equal(file.gather(kept), vectors[kept])


def test_nothing_is_used_again_while_somebody_may_look_at_it() -> None:
    file, vectors = a_file(DIMENSIONS), halved(random_vectors(20, DIMENSIONS, seed=3))
    file.append(vectors[:10])

    with file.readers.reading():
        file.keep_only(np.arange(5))
        beside = file.append(vectors[10:12])
        with file.readers.reading():
            also_beside = file.append(vectors[12:14])
    with file.readers.reading():
        again = file.append(vectors[14:16])

    assert (beside.tolist(), also_beside.tolist()) == ([10, 11], [12, 13])
    assert set(again.tolist()) <= {5, 6, 7, 8, 9}


def test_what_was_not_saved_is_written_over(tmp_path: Path) -> None:
    path, vectors = tmp_path / "vectors", halved(random_vectors(150, DIMENSIONS, seed=3))
    file = VectorFile(path, dimensions=DIMENSIONS)
    file.append(vectors[:100])
    sums = file.sums.copy()
    file.append(vectors[100:120])
    used = np.setdiff1d(np.arange(100), [7])

    again = VectorFile(
        path,
        dimensions=DIMENSIONS,
        saved=SavedRows(sums=sums, used=used, source=nothing_stored),
    )
    rows = again.append(vectors[120:])

    assert (rows.tolist(), again.count) == ([7, *range(100, 129)], 129)
    np.testing.assert_array_equal(again.gather(used), vectors[used])
    np.testing.assert_array_equal(again.gather(rows), vectors[120:])


def test_what_was_saved_is_compared_before_its_use_and_mended(tmp_path: Path) -> None:
    path, vectors = tmp_path / "vectors", halved(random_vectors(3_000, DIMENSIONS, seed=4))
    file, asked = VectorFile(path, dimensions=DIMENSIONS), list[list[int]]()
    file.append(vectors)
    sums = file.sums.copy()
    content = bytearray(path.read_bytes())
    for row in (70, 200, 2_999):
        content[row * DIMENSIONS * 2 + 3] ^= 0x41
    path.write_bytes(content)

    def source(rows: RowNumbers) -> Halves:
        asked.append(rows.tolist())
        return vectors[rows]

    again = VectorFile(
        path,
        dimensions=DIMENSIONS,
        saved=SavedRows(sums=sums, used=np.arange(3_000), source=source),
    )
    chosen = np.array([71, 200, 200, 5])
    np.testing.assert_array_equal(again.gather(chosen), vectors[chosen])
    used = asked.copy()
    while again.check_some():
        pass

    assert [set(rows) for rows in used] == [{200}]
    assert asked[1:] == [[70], [2_999]]
    np.testing.assert_array_equal(again.gather(np.arange(3_000)), vectors)
    np.testing.assert_array_equal(again.sums, sums)


def test_where_there_is_no_room_vectors_stay_in_memory_until_there_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = VectorFile(tmp_path / "vectors", dimensions=DIMENSIONS)
    vectors = halved(random_vectors(900, DIMENSIONS, seed=7))
    file.append(vectors[:250])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (251 * DIMENSIONS * 2, hard))
    try:
        rows = [file.append(vectors[start : start + 50]) for start in range(250, 850, 50)]
        within = file.gather(np.arange(850))
        with pytest.raises(OSError, match="large"):
            file.sync()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    file.append(vectors[850:])
    file.sync()

    assert np.concatenate(rows).tolist() == list(range(250, 850))
    np.testing.assert_array_equal(within, vectors[:850])
    np.testing.assert_array_equal(file.gather(np.arange(900)), vectors)
    on_disk = np.fromfile(tmp_path / "vectors", "<f2").reshape(-1, DIMENSIONS)[:900]
    np.testing.assert_array_equal(on_disk, vectors)
    assert caplog.text.count("stay in memory for now") == 12


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

    assert kept[3].size
    assert matrices.of(Matrix(), np.arange(301), file) is None


def test_a_matrix_grows_with_its_places() -> None:
    file, vectors = a_file(DIMENSIONS), halved(random_vectors(300, DIMENSIONS, seed=6))
    file.append(vectors)
    matrices, matrix = Matrices(1 << 20), Matrix()

    for count in (1, 2, 100, 50, 299, 300):
        found = matrices.of(matrix, np.arange(count), file)
        np.testing.assert_array_equal(found, widened(vectors[:count]))
    matrices.forget(matrix)

    assert matrix.size == 0
