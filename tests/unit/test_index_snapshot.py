"""A snapshot is whole, belongs here and holds what the index held; anything else is refused."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.errors import StorageError
from memory_service.index.faiss_index import FaissIndex, LoadedIndex, load
from memory_service.index.manifest import SnapshotUnusableError
from memory_service.index.snapshot import SnapshotExpectation, SnapshotInfo
from tests.support.vectors import random_vectors

if TYPE_CHECKING:
    from pathlib import Path

DIMENSIONS = 16
VECTORS = random_vectors(400, DIMENSIONS, seed=1)
#: More vectors than this are kept in a graph.
GRAPH = 100
FLAT = 1_000


def expectation(
    *, newest: int = 40, fingerprint: str = "f", cluster_id: str = "c", dimensions: int = DIMENSIONS
) -> SnapshotExpectation:
    return SnapshotExpectation(
        newest=newest, fingerprint=fingerprint, cluster_id=cluster_id, dimensions=dimensions
    )


def an_index(exact_limit: int) -> FaissIndex:
    """300 ordinals maintained and 50 more beside them, two parts in one of those."""
    index = FaissIndex(dimensions=DIMENSIONS, exact_limit=exact_limit, growing_limit=100)
    index.add(np.arange(300), np.zeros(300, np.int32), VECTORS[:300])
    index.maintain()
    index.add(np.arange(300, 350), np.zeros(50, np.int32), VECTORS[300:350])
    index.add(np.array([399, 399]), np.array([0, 1], np.int32), VECTORS[398:400])
    return index


def save(index: FaissIndex, folder: Path, *, watermark: int = 40) -> None:
    index.save(
        folder, SnapshotInfo(watermark=watermark, chain="ab", fingerprint="f", cluster_id="c")
    )


def loaded(folder: Path, *, exact_limit: int = FLAT) -> LoadedIndex:
    return load(folder, expect=expectation(), exact_limit=exact_limit)


def assert_same_answers(one: FaissIndex, other: FaissIndex) -> None:
    assert len(one) == len(other)
    for query in VECTORS[::40]:
        left, right = one.search(query, 15), other.search(query, 15)
        np.testing.assert_array_equal(left.ordinals, right.ordinals)
        np.testing.assert_array_equal(left.scores, right.scores)
        np.testing.assert_array_equal(left.parts, right.parts)


def refusal(folder: Path, expect: SnapshotExpectation | None = None) -> str:
    with pytest.raises(SnapshotUnusableError) as caught:
        load(folder, expect=expect or expectation(), exact_limit=FLAT)
    return caught.value.reason


@pytest.mark.parametrize("exact_limit", [GRAPH, FLAT], ids=["graph", "flat"])
def test_an_index_comes_back_as_it_was(tmp_path: Path, exact_limit: int) -> None:
    index = an_index(exact_limit)

    save(index, tmp_path / "snapshot")
    back = loaded(tmp_path / "snapshot", exact_limit=exact_limit)

    assert (back.watermark, back.chain) == (40, "ab")
    assert_same_answers(index, back.index)
    assert not back.index.maintain()


@pytest.mark.parametrize("exact_limit", [GRAPH, FLAT], ids=["graph", "flat"])
def test_what_was_removed_is_not_on_disk(tmp_path: Path, exact_limit: int) -> None:
    index = an_index(exact_limit)
    index.remove(np.array([3, 320]))

    save(index, tmp_path)
    back = loaded(tmp_path).index
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert_same_answers(index, back)
    assert VECTORS[4].tobytes() in written
    assert VECTORS[3].tobytes() not in written
    assert VECTORS[320].tobytes() not in written


def test_a_loaded_index_takes_adds_and_removals(tmp_path: Path) -> None:
    index = an_index(GRAPH)
    save(index, tmp_path)
    back = loaded(tmp_path, exact_limit=GRAPH).index

    for each in (index, back):
        each.add(np.array([360]), np.zeros(1, np.int32), VECTORS[360:361])
        each.remove(np.array([10, 310]))

    assert_same_answers(index, back)


def test_an_empty_index_comes_back_empty(tmp_path: Path) -> None:
    save(FaissIndex(dimensions=DIMENSIONS), tmp_path)

    assert len(loaded(tmp_path).index) == 0


def test_a_save_replaces_the_one_before(tmp_path: Path) -> None:
    index = an_index(FLAT)
    save(index, tmp_path, watermark=7)
    files = len(list(tmp_path.iterdir()))
    index.remove(np.array([1]))

    save(index, tmp_path, watermark=8)

    assert loaded(tmp_path).watermark == 8
    assert_same_answers(index, loaded(tmp_path).index)
    assert len(list(tmp_path.iterdir())) == files


@pytest.mark.parametrize("written", [0, 1, 2, 3, 4])
def test_an_interrupted_save_leaves_the_one_before(tmp_path: Path, written: int) -> None:
    index, folder, next_folder = an_index(FLAT), tmp_path / "a", tmp_path / "b"
    save(index, folder, watermark=7)
    shutil.copytree(folder, next_folder)
    save(filled_anew(), next_folder, watermark=8)
    fresh = sorted(file for file in next_folder.iterdir() if file.name != "manifest.json")

    for file in fresh[:written]:
        shutil.copy(file, folder)
    (folder / "manifest.json.new").write_bytes(b'{"generation": 2')

    assert loaded(folder).watermark == 7
    assert_same_answers(index, loaded(folder).index)
    save(index, folder, watermark=9)
    assert loaded(folder).watermark == 9
    assert len(list(folder.iterdir())) == 5


def filled_anew() -> FaissIndex:
    index = FaissIndex(dimensions=DIMENSIONS)
    index.add(np.arange(20), np.zeros(20, np.int32), VECTORS[:20])
    return index


def test_a_byte_that_changed_anywhere_is_noticed(tmp_path: Path) -> None:
    save(an_index(GRAPH), tmp_path)

    for file in sorted(tmp_path.iterdir()):
        whole = file.read_bytes()
        step = 1 if file.name == "manifest.json" else max(1, len(whole) // 40)
        for place in [*range(0, len(whole), step), len(whole) - 1]:
            changed = bytearray(whole)
            changed[place] ^= 1 << (place % 8)
            file.write_bytes(changed)
            assert refusal(tmp_path)
        file.write_bytes(whole)

    assert loaded(tmp_path, exact_limit=GRAPH).watermark == 40


def test_a_file_that_is_shorter_longer_or_missing_is_noticed(tmp_path: Path) -> None:
    save(an_index(GRAPH), tmp_path)

    for file in sorted(tmp_path.iterdir()):
        whole = file.read_bytes()
        for size in (0, 1, len(whole) // 2, len(whole) - 1):
            file.write_bytes(whole[:size])
            assert refusal(tmp_path)
        file.write_bytes(whole + b"\0")
        assert refusal(tmp_path)
        file.unlink()
        assert "is missing" in refusal(tmp_path)
        file.write_bytes(whole)

    assert loaded(tmp_path).watermark == 40


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
    tmp_path: Path, expect: SnapshotExpectation, reason: str
) -> None:
    save(an_index(FLAT), tmp_path)

    assert reason in refusal(tmp_path, expect)


def test_no_snapshot_is_said_to_be_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere") == "manifest.json is missing"


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    place = tmp_path / "taken"
    place.write_text("not a folder")

    with pytest.raises(StorageError, match="could not be written"):
        save(an_index(FLAT), place)
