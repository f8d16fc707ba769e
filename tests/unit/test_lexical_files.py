"""The files of the full-text index: always whole, or not taken up."""

from __future__ import annotations

import errno
import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.errors import StorageFullError
from memory_service.index.lexical.files import Files
from memory_service.index.lexical.index import LexicalIndex
from memory_service.index.lexical.manifest import Origin
from memory_service.index.manifest import SnapshotUnusableError
from tests.support.postings import assert_matches, postings_of, scoring_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.index.lexical.merging import Merge
    from memory_service.index.lexical.segment import Segment

ORIGIN = Origin(cluster_id="c", analyser=1)
ENTRIES = {n: [n % 3, n % 5, n % 7] for n in range(1, 60)}
QUERY = {0: 1, 4: 1}


def files_in(folder: Path, origin: Origin = ORIGIN, chain: str = "chain") -> Files:
    """The files of a folder, not taken up yet."""
    return Files(folder, origin=origin, chain_at=lambda seq: f"{chain} {seq}")


def filled(folder: Path) -> LexicalIndex:
    """An index that holds `ENTRIES`, half of them in a file."""
    index = LexicalIndex(files_in(folder), settled=80)
    for first in (1, 40):
        batch = {n: ENTRIES[n] for n in range(first, 40 if first == 1 else 60)}
        index.add(postings_of(batch), max(batch))
        index.settle()
    return index


def assert_right(index: LexicalIndex, forgotten: int = 0) -> None:
    """It answers as the entries do that are left."""
    left = {n: terms for n, terms in ENTRIES.items() if n != forgotten}
    keys = np.array(list(QUERY), np.uint64)
    search = index.search(keys, np.ones(len(keys)), scoring_of(left))
    assert_matches(search.score(np.arange(1, 60)), left, QUERY)


def test_what_was_written_is_taken_up(tmp_path: Path) -> None:
    filled(tmp_path / "lexical").settle(whole=True)

    files = files_in(tmp_path / "lexical")
    files.take_up(newest=59)

    assert files.watermark == 59
    assert_right(LexicalIndex(files))


def _lose_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def _lose_segment(folder: Path) -> None:
    next(folder.glob("postings.*")).unlink()


def _flip(folder: Path) -> None:
    file = next(folder.glob("postings.*"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _cut(folder: Path) -> None:
    file = next(folder.glob("postings.*"))
    file.write_bytes(file.read_bytes()[:-1])


def _rewrite_manifest(folder: Path) -> None:
    file = folder / "manifest.json"
    file.write_bytes(file.read_bytes().replace(b'"watermark": 59', b'"watermark": 58'))


@pytest.mark.parametrize("harm", [_lose_manifest, _lose_segment, _flip, _cut, _rewrite_manifest])
def test_files_that_are_missing_or_changed_are_not_taken_up(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    filled(tmp_path / "lexical").settle(whole=True)

    harm(tmp_path / "lexical")

    with pytest.raises(SnapshotUnusableError):
        files_in(tmp_path / "lexical").take_up(newest=59)


@pytest.mark.parametrize(
    ("files", "newest"),
    [
        (lambda folder: files_in(folder, Origin(cluster_id="other", analyser=1)), 59),
        (lambda folder: files_in(folder, Origin(cluster_id="c", analyser=2)), 59),
        (lambda folder: files_in(folder, chain="another"), 59),
        (files_in, 58),
    ],
    ids=["another store", "another analyser", "another history", "a newer store"],
)
def test_files_of_something_else_are_not_taken_up(
    tmp_path: Path, files: Callable[[Path], Files], newest: int
) -> None:
    filled(tmp_path / "lexical").settle(whole=True)

    with pytest.raises(SnapshotUnusableError):
        files(tmp_path / "lexical").take_up(newest=newest)


def test_a_full_disk_in_a_merger_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = filled(tmp_path / "lexical")
    before = {file.name: file.read_bytes() for file in (tmp_path / "lexical").iterdir()}

    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("memory_service.index.lexical.layout._put", write)
        with pytest.raises(StorageFullError):
            index.settle(whole=True)

    assert {f.name: f.read_bytes() for f in (tmp_path / "lexical").iterdir()} == before
    assert_right(index)
    index.settle(whole=True)
    assert_right(index)


class Meanwhile(Files):
    """Files that do something else before they write."""

    def __init__(self, folder: Path, todo: Callable[[], object]) -> None:
        super().__init__(folder, origin=ORIGIN, chain_at=lambda seq: f"chain {seq}")
        self._todo = todo

    def write(self, plan: Merge) -> Segment | None:
        self._todo()
        return super().write(plan)


def test_what_is_forgotten_while_its_segment_is_merged_stays_forgotten(tmp_path: Path) -> None:
    files = Meanwhile(tmp_path / "lexical", lambda: index.forget(np.array([30])))
    index = LexicalIndex(files, settled=100)
    index.add(postings_of(ENTRIES), 59)
    index.settle()

    assert_right(index, forgotten=30)


@pytest.mark.parametrize("last", [1, 2], ids=["an older one", "all of them"])
def test_what_is_added_while_segments_are_rewritten_is_in_the_files_or_comes_after_them(
    tmp_path: Path, last: int
) -> None:
    """The writer must not merge what is in a file with what is not."""
    todo: list[Callable[[], object]] = []
    files = Meanwhile(tmp_path / "lexical", lambda: [do() for do in todo])
    index = LexicalIndex(files, settled=1)
    for begin, end in ((1, 45), (45, 50)):
        batch = {n: ENTRIES[n] for n in range(begin, end)}
        index.add(postings_of(batch), end - 1)
        index.settle()
    index.forget(np.arange(1, 20))
    todo.append(lambda: index.add(postings_of({n: ENTRIES[n] for n in range(50, 60)}), 59))

    index._rewrite(lambda _: (0, last))
    again = files_in(tmp_path / "lexical")
    again.take_up(newest=59)
    taken = LexicalIndex(again)
    taken.add(postings_of({n: ENTRIES[n] for n in range(again.watermark + 1, 60)}), 59)

    left = {n: terms for n, terms in ENTRIES.items() if n >= 20}
    for each in (index, taken):
        search = each.search(np.array(list(QUERY), np.uint64), np.ones(2), scoring_of(left))
        assert_matches(search.score(np.arange(20, 60)), left, QUERY)


def test_the_postings_of_the_forgotten_leave_a_segment_once_a_fifth_is_dead(
    tmp_path: Path,
) -> None:
    index = LexicalIndex(files_in(tmp_path / "lexical"), settled=1)
    index.add(postings_of(ENTRIES), 59)
    index.settle()
    whole = index.state.postings

    index.forget(np.arange(1, 12))
    index.settle()
    few = index.state.postings
    index.forget(np.array([12]))
    index.settle()

    assert few == whole
    left = {n: terms for n, terms in ENTRIES.items() if n > 12}
    assert index.state.postings == len(postings_of(left))


def test_there_are_few_segments_however_many_batches_come(tmp_path: Path) -> None:
    """In files and in memory, each has at least four times the postings of the one after it."""
    index = LexicalIndex(files_in(tmp_path / "lexical"), settled=200)
    for ordinal in range(10, 500):
        index.add(postings_of({ordinal: [1, 2, ordinal]}), ordinal)
        index.settle()
        layers = index.state.layers
        sizes = [(bool(layer.segment.file), len(layer.segment)) for layer in layers]
        for (here, size), (there, next_size) in itertools.pairwise(sizes):
            assert here != there or size >= 4 * next_size

    assert index.state.postings == 3 * 490
