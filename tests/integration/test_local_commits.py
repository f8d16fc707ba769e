"""A local backend between a commit and the moment it is shown, and its indexes beside the rows."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.backends.local import LocalOptions
from memory_service.errors import NotFiniteError, StorageError
from memory_service.model.entry import Span
from memory_service.model.read import PageRequest
from memory_service.model.write import DropNamespace, Forget, Passage
from memory_service.store.payload import stored_vector
from memory_service.store.stage import publish
from tests.support.builders import DIMENSIONS, a_put, a_vector, a_write
from tests.support.clock import START
from tests.support.stores import open_local

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.backends.local import LocalBackend
    from memory_service.store.catalogue.catalogue import Catalogue
    from memory_service.store.stage import Stage


def _before_it_is_shown(patch: pytest.MonkeyPatch, look: Callable[[], object]) -> None:
    """Have *look* called when the next write is committed and not yet in the catalogue."""

    def looked(stage: Stage, catalogue: Catalogue) -> None:
        look()
        publish(stage, catalogue)

    patch.setattr("memory_service.store.writer.publish", looked)


def _nearest(backend: LocalBackend, seed: int, depth: int) -> list[int]:
    with backend.reader("ns", filter=None, now=START) as reader:
        return list(map(int, reader.dense(a_vector(seed), depth).ordinals))


def test_a_page_misses_no_entry_that_is_being_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = open_local(tmp_path)
    backend.apply(a_write(a_put("a"), a_put("b", text="Other."), a_put("c", text="Third.")))
    request = PageRequest(namespace="ns", now=START, limit=2)
    seen: list[str] = []

    _before_it_is_shown(
        monkeypatch, lambda: seen.extend(entry.id for entry in backend.page(request).entries)
    )
    backend.apply(a_write(a_put("a", text="New.", seed=None, if_version=1)))

    assert seen == ["a", "b"]
    assert [entry.embedded for entry in backend.page(request).entries] == [False, True]
    backend.close()


def test_entries_on_their_way_in_take_no_place_of_those_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much nearer to the query they are."""
    backend = open_local(tmp_path)
    backend.apply(a_write(a_put("a", seed=1), a_put("b", text="Other.", seed=2)))
    before = _nearest(backend, 5, depth=2)
    seen: list[int] = []

    _before_it_is_shown(monkeypatch, lambda: seen.extend(_nearest(backend, 5, depth=2)))
    backend.apply(a_write(*(a_put(f"n{n}", text=f"New {n}.", seed=5) for n in range(4))))

    assert len(before) == 2
    assert seen == before
    backend.close()


def test_an_index_saved_after_a_commit_that_was_not_shown_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It holds the commit already, and must not be given it again."""
    backend = open_local(tmp_path)
    backend.apply(a_write(a_put("a", seed=1)))
    _nearest(backend, 1, depth=2)

    with monkeypatch.context() as patch:
        _before_it_is_shown(patch, _fail)
        with pytest.raises(StorageError, match="is stored but cannot be shown"):
            backend.apply(a_write(a_put("b", text="Other.", seed=2)))
    backend.close()
    caplog.clear()

    again = open_local(tmp_path)
    assert len(_nearest(again, 1, depth=2)) == 2
    assert "is built from the store" not in caplog.text
    again.close()


def _fail() -> None:
    raise RuntimeError("made to fail by the test")


def test_a_vector_too_large_to_store_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    huge = np.full(DIMENSIONS, 1e6, np.float32)
    passage = Passage(span=Span(start=0, stop=1), vector=huge)
    backend = open_local(tmp_path)

    with pytest.raises(NotFiniteError):
        backend.apply(a_write(replace(a_put(), passages=(passage,))))

    assert backend.namespaces() == []
    backend.close()


def test_a_close_that_cannot_save_an_index_closes_the_store_all_the_same(tmp_path: Path) -> None:
    backend = open_local(tmp_path)
    backend.apply(a_write(a_put()))
    _nearest(backend, 1, depth=1)
    shutil.rmtree(tmp_path / "index")
    (tmp_path / "index").write_text("in the way")

    with pytest.raises(StorageError, match="could not be written"):
        backend.close()

    assert [file.name for file in (tmp_path / "store").glob("memory.*")] == ["memory.duckdb"]
    (tmp_path / "index").unlink()
    again = open_local(tmp_path)
    assert len(_nearest(again, 1, depth=1)) == 1
    again.close()


def test_an_index_that_saw_the_dead_go_outlives_the_removal_of_their_rows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever other namespaces wrote in between."""
    backend = open_local(tmp_path)
    backend.apply(a_write(a_put("a", seed=1), a_put("b", text="Other.", seed=2)))
    _nearest(backend, 1, depth=2)
    backend.apply(a_write(Forget(id="b")))
    backend.close()
    backend = open_local(tmp_path, options=LocalOptions(merge_dead=1))
    backend.apply(a_write(a_put(), namespace="other"))
    backend.maintain()
    backend.close()
    caplog.clear()

    again = open_local(tmp_path)
    assert len(_nearest(again, 1, depth=2)) == 1
    assert "is built from the store" not in caplog.text
    again.close()


def test_an_index_is_not_taken_up_by_a_store_that_was_put_back_and_went_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its seq lies in both histories; what it holds of them does not."""
    store, kept = tmp_path / "store", tmp_path / "kept"
    backend = open_local(tmp_path)
    backend.apply(a_write(a_put("a", seed=1)))
    backend.close()
    shutil.copytree(store, kept)
    backend = open_local(tmp_path)
    backend.apply(a_write(a_put("lost", text="Lost.", seed=2)))
    _nearest(backend, 2, depth=1)
    backend.close()

    shutil.copytree(kept, store, dirs_exist_ok=True)
    again = open_local(tmp_path)
    again.apply(a_write(a_put("b", text="Other.", seed=3), a_put("c", text="Third.", seed=4)))
    with again.reader("ns", filter=None, now=START) as reader:
        nearest = reader.dense(a_vector(3), 1)
        assert reader.ids(nearest.ordinals) == ["b"]
        np.testing.assert_allclose(nearest.scores, 1.0, atol=1e-3)
    assert "another history" in caplog.text
    again.close()


def test_what_a_crash_left_of_a_dropped_namespace_goes_at_the_next_start(tmp_path: Path) -> None:
    """Its vectors come back with an older index, and are overwritten."""
    files = tmp_path / "index" / "vectors"
    gone, stays = (stored_vector(a_vector(seed)) for seed in (5, 6))
    backend = open_local(tmp_path)
    backend.apply(a_write(a_put(seed=5)))
    backend.apply(a_write(a_put(seed=6), namespace="stays"))
    backend.close()
    shutil.copytree(files, tmp_path / "left")
    backend = open_local(tmp_path)
    backend.apply(a_write(DropNamespace()))
    backend.close()
    shutil.rmtree(files)
    shutil.copytree(tmp_path / "left", files)

    open_local(tmp_path).close()

    before = b"".join(file.read_bytes() for file in (tmp_path / "left").iterdir())
    after = b"".join(file.read_bytes() for file in files.iterdir())
    assert (gone in before, stays in before) == (True, True)
    assert (gone in after, stays in after) == (False, True)
