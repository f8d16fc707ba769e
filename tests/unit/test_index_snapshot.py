"""A snapshot is whole, belongs here and holds what the indexes held; anything else is refused."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.errors import StorageError
from memory_service.index import snapshot
from memory_service.index.halves import halved
from memory_service.index.limits import IndexLimits
from memory_service.index.manifest import SnapshotUnusableError
from memory_service.index.places import Places
from memory_service.index.snapshot import SnapshotExpectation, SnapshotInfo
from memory_service.index.vector_indexes import VectorIndexes
from tests.support.vectors import random_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.index.faiss_index import FaissIndex
    from memory_service.index.halves import Halves
    from memory_service.model.read import Ordinals, Parts

DIMENSIONS = 16
VECTORS = random_vectors(400, DIMENSIONS, seed=1)
#: The large namespace is sealed, the small one is not.
LARGE, SMALL = 7, 9
LIMITS = IndexLimits(exact=100, growing=100, gathered=20)


def expectation(
    *, newest: int = 40, fingerprint: str = "f", cluster_id: str = "c", dimensions: int = DIMENSIONS
) -> SnapshotExpectation:
    return SnapshotExpectation(
        newest=newest, fingerprint=fingerprint, cluster_id=cluster_id, dimensions=dimensions
    )


def index_of(indexes: VectorIndexes, number: int) -> FaissIndex:
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
    indexes.save(SnapshotInfo(watermark=watermark, chain="ab", fingerprint="f", cluster_id="c"))


def from_the_store(ordinals: Ordinals, parts: Parts) -> Halves:
    return halved(VECTORS[ordinals + parts])


def loaded(folder: Path) -> VectorIndexes:
    found = snapshot.read(folder, expectation())
    return VectorIndexes.taken_up(folder, found, from_the_store, limits=LIMITS, matrix_bytes=10_000)


def watermark_of(folder: Path) -> int:
    return snapshot.read(folder, expectation()).manifest.watermark


def assert_same_answers(one: VectorIndexes, other: VectorIndexes) -> None:
    for number in (LARGE, SMALL):
        left, right = index_of(one, number), index_of(other, number)
        assert len(left) == len(right)
        for query in VECTORS[::40]:
            mine, theirs = left.search(query, 15), right.search(query, 15)
            np.testing.assert_array_equal(mine.ordinals, theirs.ordinals)
            np.testing.assert_array_equal(mine.scores, theirs.scores)
            np.testing.assert_array_equal(mine.parts, theirs.parts)


def refusal(folder: Path, expect: SnapshotExpectation | None = None) -> str:
    with pytest.raises(SnapshotUnusableError) as caught:
        snapshot.read(folder, expect or expectation())
    return caught.value.reason


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshot"


@pytest.fixture
def indexes(folder: Path) -> Iterator[VectorIndexes]:
    made = filled(folder)
    yield made
    made.close()


def test_indexes_come_back_as_they_were(folder: Path, indexes: VectorIndexes) -> None:
    save(indexes)
    back = loaded(folder)

    assert back.large() == [LARGE]
    assert_same_answers(indexes, back)
    assert (back.due(), back.seals_changed) == ([], False)
    sealed = index_of(back, LARGE).sealed
    assert sealed is not None
    assert len(sealed.places) == 300


def test_what_was_removed_is_not_on_disk(folder: Path, indexes: VectorIndexes) -> None:
    for ordinal in (3, 320):
        index_of(indexes, LARGE).remove(np.array([ordinal]))
    save(indexes)

    written = b"".join(file.read_bytes() for file in folder.iterdir())

    assert halved(VECTORS[4]).tobytes() in written
    assert halved(VECTORS[3]).tobytes() not in written
    assert halved(VECTORS[320]).tobytes() not in written
    assert_same_answers(indexes, loaded(folder))


def test_loaded_indexes_take_adds_and_removals(folder: Path, indexes: VectorIndexes) -> None:
    save(indexes)
    shutil.copytree(folder, folder.parent / "copy")
    back = loaded(folder.parent / "copy")

    for each in (indexes, back):
        put(each, LARGE, range(360, 380))
        index_of(each, LARGE).remove(np.array([10, 310]))
        put(each, SMALL, range(395, 398))

    assert_same_answers(indexes, back)


def test_a_namespace_that_was_dropped_does_not_come_back(
    folder: Path, indexes: VectorIndexes
) -> None:
    save(indexes)
    indexes.drop(LARGE)
    save(indexes)
    back = loaded(folder)

    assert indexes.index(LARGE) is None
    assert (back.large(), len(index_of(back, LARGE))) == ([], 0)
    assert not list(folder.glob("sealed.*"))


def test_others_than_those_that_live_are_taken_out(folder: Path, indexes: VectorIndexes) -> None:
    save(indexes)
    back = loaded(folder)

    gone = back.keep(np.array([1, 391]))

    assert gone == 340 + 10 - 3
    assert (len(index_of(back, LARGE)), len(index_of(back, SMALL))) == (1, 1)


def test_empty_indexes_come_back_empty(folder: Path) -> None:
    empty = VectorIndexes.begun(folder, dimensions=DIMENSIONS, limits=LIMITS, matrix_bytes=10_000)
    save(empty)

    assert len(index_of(loaded(folder), LARGE)) == 0


def test_a_save_replaces_the_one_before(folder: Path, indexes: VectorIndexes) -> None:
    save(indexes, watermark=7)
    files = len(list(folder.iterdir()))
    index_of(indexes, LARGE).remove(np.array([1]))
    index_of(indexes, LARGE).remove(np.arange(80, 160))
    indexes.maintain(LARGE)

    save(indexes, watermark=8)

    assert watermark_of(folder) == 8
    assert_same_answers(indexes, loaded(folder))
    assert len(list(folder.iterdir())) == files


@pytest.mark.parametrize("written", [0, 1, 2, 3])
def test_an_interrupted_save_leaves_the_one_before(
    folder: Path, indexes: VectorIndexes, written: int
) -> None:
    before, after = folder.parent / "before", folder.parent / "after"
    save(indexes, watermark=7)
    shutil.copytree(folder, before)
    back = loaded(before)
    put(indexes, LARGE, range(340, 350))
    save(indexes, watermark=8)
    shutil.copytree(folder, after)

    fresh = [file for file in sorted(after.iterdir()) if file.name != "manifest.json"]
    for file in fresh[:written]:
        shutil.copy(file, before)
    (before / "manifest.json.new").write_bytes(b'{"generation": 2')

    assert watermark_of(before) == 7
    assert_same_answers(loaded(before), back)
    save(loaded(before), watermark=9)
    assert watermark_of(before) == 9


def test_a_byte_that_changed_anywhere_is_noticed(folder: Path, indexes: VectorIndexes) -> None:
    save(indexes)
    indexes.close()

    for file in sorted(folder.iterdir()):
        if not file.name.startswith(("vectors", "sealed")):
            whole = file.read_bytes()
            step = 1 if file.name == "manifest.json" else max(1, len(whole) // 40)
            for place in [*range(0, len(whole), step), len(whole) - 1]:
                changed = bytearray(whole)
                changed[place] ^= 1 << (place % 8)
                file.write_bytes(changed)
                assert refusal(folder)
            file.write_bytes(whole)

    assert watermark_of(folder) == 40


def test_a_file_that_is_shorter_longer_or_missing_is_noticed(
    folder: Path, indexes: VectorIndexes
) -> None:
    save(indexes)

    for file in sorted(folder.iterdir()):
        if not file.name.startswith(("vectors", "sealed")):
            whole = file.read_bytes()
            for size in (0, 1, len(whole) // 2, len(whole) - 1):
                file.write_bytes(whole[:size])
                assert refusal(folder)
            file.write_bytes(whole + b"\0")
            assert refusal(folder)
            file.unlink()
            assert "is missing" in refusal(folder)
            file.write_bytes(whole)

    assert watermark_of(folder) == 40


def test_vectors_that_are_missing_or_too_few_are_noticed(
    folder: Path, indexes: VectorIndexes
) -> None:
    save(indexes)
    [file] = folder.glob("vectors.*")

    file.write_bytes(file.read_bytes()[: 349 * DIMENSIONS * 2])
    with pytest.raises(SnapshotUnusableError, match="shorter than its 350 rows"):
        loaded(folder)


@pytest.mark.parametrize("place", [0, 63 * 32, 64 * 32, 200 * 32 + 5, 349 * 32 + 31])
def test_a_vector_that_was_damaged_is_mended_before_it_is_used(
    folder: Path, indexes: VectorIndexes, place: int, caplog: pytest.LogCaptureFixture
) -> None:
    save(indexes)
    [file] = folder.glob("vectors.*")
    content = bytearray(file.read_bytes())
    content[place] ^= 0x41
    file.write_bytes(content)

    back = loaded(folder)

    assert_same_answers(filled(folder.parent / "fresh"), back)
    while back.check_some():
        pass
    assert "not as saved" in caplog.text
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize("what", ["index", "places"])
def test_what_was_sealed_and_damaged_is_made_anew(
    folder: Path, indexes: VectorIndexes, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    save(indexes)
    [file] = folder.glob(f"sealed.*.{what}")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    back = loaded(folder)

    assert index_of(back, LARGE).sealed is None
    assert len(index_of(back, LARGE)) == 340
    assert "is damaged" in caplog.text
    assert (back.due(), back.seals_changed) == ([LARGE], True)


@pytest.mark.parametrize(
    ("expect", "reason"),
    [
        (expectation(cluster_id="other"), "belongs to another store"),
        (expectation(fingerprint="other"), "another embedder or analyser"),
        (expectation(dimensions=8), "16 dimensions"),
        (expectation(newest=39), "newer than the store: 40 > 39"),
    ],
)
def test_a_snapshot_of_something_else_is_refused(
    folder: Path, indexes: VectorIndexes, expect: SnapshotExpectation, reason: str
) -> None:
    save(indexes)

    assert reason in refusal(folder, expect)


def test_no_snapshot_is_said_to_be_missing(folder: Path) -> None:
    assert refusal(folder / "nowhere") == "manifest.json is missing"


def test_a_folder_that_cannot_be_written_is_a_storage_error(
    folder: Path, indexes: VectorIndexes
) -> None:
    save(indexes)
    shutil.rmtree(folder)

    with pytest.raises(StorageError, match="could not be written"):
        save(indexes)
