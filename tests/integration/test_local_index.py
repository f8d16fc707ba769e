"""A local backend's vector index and housekeeping: no answer changes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from memory_service.backends.local import LocalOptions
from memory_service.model.write import DropNamespace, Forget
from tests.support.builders import a_put, a_write
from tests.support.clock import START
from tests.support.dict_backend import DictBackend
from tests.support.local_stores import assert_identical, fill, legs_of, opened, was_rebuilt
from tests.support.stores import assert_same_legs, assert_same_state
from tests.support.verified import assert_verified

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.backends.local import LocalBackend


EAGER = LocalOptions(merge_dead=1, settled_postings=1, save_changes=1)


def _lose(folder: Path) -> None:
    shutil.rmtree(folder)


def _damage(folder: Path) -> None:
    for file in folder.glob("*/*"):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)


def _cut_short(folder: Path) -> None:
    for file in folder.glob("*/*"):
        file.write_bytes(file.read_bytes()[:-1])


@pytest.mark.parametrize("harm", [_lose, _damage, _cut_short])
def test_an_index_that_is_missing_or_damaged_is_built_from_the_store(
    tmp_path: Path, harm: object, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        before = legs_of(backend)

    assert callable(harm)
    harm(tmp_path / "index")
    caplog.clear()

    with caplog.at_level("DEBUG"), opened(tmp_path) as again:
        assert_identical(before, again)
    assert was_rebuilt(caplog)


def test_vectors_that_were_damaged_are_taken_from_the_store(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        before = legs_of(backend)
    [file] = (tmp_path / "index" / "vectors").glob("vectors.*")
    content = bytearray(file.read_bytes())
    content[:400] = bytes(400)
    file.write_bytes(content)

    with opened(tmp_path) as again:
        assert_identical(before, again)
    assert "not as saved" in caplog.text
    assert not was_rebuilt(caplog)


def test_an_index_from_before_is_brought_up_to_date(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A snapshot that lags behind is taken up and caught up, also past replaced entries."""
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put("0", seed=1), a_put("1", seed=2), a_put("2", seed=3)))
        legs_of(backend)
    shutil.copytree(tmp_path / "index", tmp_path / "old")
    with opened(tmp_path) as backend:
        _fill_over(backend)
        before = legs_of(backend)
    shutil.rmtree(tmp_path / "index")
    shutil.move(tmp_path / "old", tmp_path / "index")
    caplog.clear()

    with opened(tmp_path) as again:
        assert_identical(before, again)
    assert not was_rebuilt(caplog)


def test_an_index_from_before_a_purge_is_brought_up_to_date_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put("0", seed=1), a_put("1", seed=2), a_put("2", seed=3)))
        legs_of(backend)
    shutil.copytree(tmp_path / "index", tmp_path / "old")
    with opened(tmp_path, EAGER) as backend:
        _fill_over(backend)
        backend.maintain()
        before = legs_of(backend)
    shutil.rmtree(tmp_path / "index")
    shutil.move(tmp_path / "old", tmp_path / "index")
    caplog.clear()

    with opened(tmp_path) as again:
        assert_identical(before, again)
    assert not was_rebuilt(caplog)


def _fill_over(backend: LocalBackend) -> None:
    backend.apply(a_write(a_put("0", text="New.", seed=9, if_version=1), Forget(id="2")))
    backend.apply(a_write(a_put("9", text="Newer.", seed=8)))


def test_housekeeping_removes_the_dead_and_changes_no_answer(tmp_path: Path) -> None:
    with opened(tmp_path, EAGER) as backend:
        oracle = DictBackend()
        for round_ in range(3):
            for target in (backend, oracle):
                target.apply(a_write(*(a_put(f"{round_}-{n}", seed=n) for n in range(4))))
                target.apply(a_write(Forget(id=f"{round_}-0")))
                target.apply(a_write(a_put("x", _round_text(round_), seed=1, if_version=round_)))
            backend.apply(a_write(a_put(), namespace="away"))
            oracle.apply(a_write(a_put(), namespace="away"))
            for target in (backend, oracle):
                target.apply(a_write(DropNamespace(), namespace="away"))

            backend.maintain()

            assert_same_state(backend, oracle, now=START)
            assert_same_legs(backend, oracle, "ns", now=START, texts=["launch", "the round 2"])
        rows = {table: _count(backend, table) for table in ("entry", "vector", "tombstone")}
        assert rows == {"entry": 10, "vector": 10, "tombstone": 0}
    assert_verified(tmp_path)


def _round_text(round_: int) -> str:
    return f"The launch, round {round_}."


def _count(backend: LocalBackend, table: str) -> int:
    return int(backend._database.rows(f"SELECT count(*) FROM store.main.{table}")[0][0])  # noqa: S608
