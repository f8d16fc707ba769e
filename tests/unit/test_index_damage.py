"""What was saved and has changed since is noticed, and mended or made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from memory_service.index.manifest import SnapshotUnusableError
from tests.support.saved_indexes import (
    DIMENSIONS,
    LARGE,
    assert_same_answers,
    filled,
    index_of,
    loaded,
    refusal,
    save,
    watermark_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.index.vectors.vector_indexes import VectorIndexes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshot"


@pytest.fixture
def indexes(folder: Path) -> Iterator[VectorIndexes]:
    made = filled(folder)
    yield made
    made.close()


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
