"""A local backend takes up its catalogue from a file, or from the rows where it must."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from memory_service.backends.local import LocalOptions
from memory_service.model.write import AddVectors, DropNamespace, Forget
from tests.support.builders import a_put, a_write, passages_of
from tests.support.clock import START
from tests.support.dict_backend import DictBackend
from tests.support.stores import assert_same_legs, assert_same_state, open_local

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.protocols import Backend

EAGER = LocalOptions(merge_dead=1, seal_changes=1)
READ = "the catalogue is read from the rows"


def first(backend: Backend) -> None:
    """Entries that are replaced, forgotten, embedded and dropped afterwards."""
    backend.apply(a_write(*(a_put(str(n), f"Text {n}.", session="s", turn=n) for n in range(6))))
    backend.apply(a_write(a_put("late", "Waits.", seed=None), a_put("later", "Too.", seed=None)))
    backend.apply(a_write(a_put("x"), namespace="gone"))
    backend.apply(a_write(a_put("y"), namespace="again"))


def then(backend: Backend) -> None:
    """What makes the file of `first` one of before."""
    backend.apply(a_write(a_put("1", "New text.", session="s", turn=9, if_version=1)))
    backend.apply(a_write(Forget(id="2"), Forget(id="5"), a_put("5", "Back again.", session="t")))
    for waiting in backend.pending(1):
        add = AddVectors(ordinal=waiting.ordinal, passages=passages_of(a_put().draft, 7))
        backend.apply(a_write(add))
    backend.apply(a_write(Forget(id="late")))
    backend.apply(a_write(DropNamespace(), namespace="gone"))
    backend.apply(a_write(DropNamespace(), namespace="again"))
    backend.apply(a_write(a_put("y", "Another."), namespace="again"))
    backend.apply(a_write(a_put("z"), namespace="new"))


def assert_like(backend: Backend, oracle: Backend) -> None:
    assert_same_state(backend, oracle, now=START)
    assert_same_legs(backend, oracle, "ns", now=START, texts=["text", "new again"])


@pytest.mark.parametrize("tidied", [False, True], ids=["as written", "dead rows removed"])
def test_a_file_of_before_is_brought_up_to_date(
    tmp_path: Path, tidied: bool, caplog: pytest.LogCaptureFixture
) -> None:
    oracle, file = DictBackend(), tmp_path / "index" / "catalogue" / "sealed"
    backend = open_local(tmp_path)
    first(backend)
    backend.close()
    before = file.read_bytes()
    backend = open_local(tmp_path, options=EAGER)
    then(backend)
    if tidied:
        backend.maintain()
    backend.close()
    file.write_bytes(before)
    first(oracle)
    then(oracle)
    caplog.clear()

    with caplog.at_level("DEBUG"):
        again = open_local(tmp_path)

    assert_like(again, oracle)
    assert READ not in caplog.text
    again.close()


def test_what_is_written_beside_the_file_goes_on_after_an_end_without_a_close(
    tmp_path: Path,
) -> None:
    oracle, backend = DictBackend(), open_local(tmp_path / "live", options=EAGER)
    for target in (backend, oracle):
        first(target)
    backend.maintain()
    for target in (backend, oracle):
        then(target)
    shutil.copytree(tmp_path / "live", tmp_path / "left")

    again = open_local(tmp_path / "left")

    assert_like(again, oracle)
    again.close()
    backend.close()


def _lose(file: Path) -> None:
    file.unlink()


def _damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("harm", [_lose, _damage])
def test_a_file_that_is_missing_or_damaged_is_not_needed(
    tmp_path: Path, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    oracle, backend = DictBackend(), open_local(tmp_path)
    for target in (backend, oracle):
        first(target)
        then(target)
    backend.close()
    harm(tmp_path / "index" / "catalogue" / "sealed")
    caplog.clear()

    with caplog.at_level("DEBUG"):
        again = open_local(tmp_path)

    assert READ in caplog.text
    assert_like(again, oracle)
    again.maintain()
    assert_like(again, oracle)
    again.close()


def test_the_file_of_a_store_that_was_put_back_and_went_on_is_not_taken_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its change lies in both histories; what it holds of them does not."""
    store, catalogue = tmp_path / "store", tmp_path / "index" / "catalogue"
    backend = open_local(tmp_path)
    first(backend)
    backend.close()
    shutil.copytree(store, tmp_path / "kept")
    backend = open_local(tmp_path)
    then(backend)
    backend.close()
    shutil.copytree(catalogue, tmp_path / "newer")
    oracle = DictBackend()
    first(oracle)
    shutil.rmtree(store)
    shutil.move(tmp_path / "kept", store)
    backend = open_local(tmp_path)
    for target in (backend, oracle):
        target.apply(a_write(*(a_put(f"o{n}", f"Other {n}.") for n in range(20))))
    backend.close()
    shutil.copytree(tmp_path / "newer", catalogue, dirs_exist_ok=True)
    caplog.clear()

    again = open_local(tmp_path)

    assert "another history" in caplog.text
    assert_like(again, oracle)
    again.close()
