"""A snapshot is whole, belongs here and holds what the indexes held; anything else is refused."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.errors import StorageError
from memory_service.index.vectors.halves import halved
from memory_service.index.vectors.vector_indexes import VectorIndexes
from tests.support.saved_indexes import (
    DIMENSIONS,
    LARGE,
    LIMITS,
    SMALL,
    VECTORS,
    assert_same_answers,
    expectation,
    filled,
    index_of,
    loaded,
    put,
    refusal,
    save,
    watermark_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.index.vectors.snapshot import SnapshotExpectation


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
