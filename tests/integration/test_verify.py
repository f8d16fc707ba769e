"""`verify` finds nothing in a whole store, and names whatever was altered in another."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from memory_service.backends.local import LocalOptions
from memory_service.model.write import AddVectors, ConfigureNamespace, DropNamespace, Forget
from tests.support.builders import a_put, a_vector, a_write, passages_of
from tests.support.local_stores import assert_identical, fill, legs_of, opened
from tests.support.verified import assert_verified, codes_of, repaired, verified

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.backends.local import LocalBackend

EAGER = LocalOptions(merge_dead=1, settled_postings=40, save_changes=1, seal_changes=1)


def live_out(backend: LocalBackend) -> None:
    """Every kind of change there is."""
    fill(backend)
    backend.apply(a_write(ConfigureNamespace(settings={"language": "german"}), namespace="other"))
    backend.apply(a_write(a_put("x", text="Der Start im Juni."), namespace="other"))
    backend.apply(a_write(DropNamespace(), namespace="other"))
    backend.apply(a_write(a_put("y", text="Noch einmal."), namespace="other"))
    backend.apply(a_write(a_put("late", text="Vectors come later.", seed=None)))
    (waiting,) = backend.pending(1)
    late = passages_of(a_put("late", text="Vectors come later.").draft, 7)
    backend.apply(a_write(AddVectors(ordinal=waiting.ordinal, passages=late)))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store after a life, with all that is derived saved; not to be altered."""
    folder = tmp_path_factory.mktemp("kept") / "data"
    with opened(folder, EAGER) as backend:
        live_out(backend)
        backend.maintain()
        backend.apply(a_write(Forget(id="1")))
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    shutil.copytree(kept, tmp_path / "data")
    return tmp_path / "data"


def test_a_whole_store_is_found_whole_and_everything_was_looked_at(kept: Path) -> None:
    report = verified(kept)

    assert report.findings == ()
    looked = {check.name: check.looked_at for check in report.checks}
    assert {name for name, count in looked.items() if not count} == {"expiry"}


def test_a_killed_store_is_found_whole_though_its_head_lags_and_nothing_was_saved(
    tmp_path: Path,
) -> None:
    with opened(tmp_path / "live") as backend:
        live_out(backend)
        shutil.copytree(tmp_path / "live", tmp_path / "killed")
        backend.apply(a_write(a_put("after", text="Not in the copy.")))

    assert_verified(tmp_path / "killed")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("UPDATE change SET id = 'other' WHERE seq = 3", "chain_broken"),
        ("DELETE FROM change WHERE seq = 3", "chain_broken"),
        ("UPDATE entry SET text = 'altered' WHERE seq = 3", "payload_differs"),
        ("UPDATE entry SET created_at = created_at + 1 WHERE seq = 3", "payload_differs"),
        ("UPDATE setting SET value = 'english' WHERE value = 'german'", "payload_differs"),
        ("UPDATE entry SET tags = ['altered'] WHERE seq = 3", "draft_differs"),
        ("DELETE FROM entry WHERE seq = 3", "entry_lost"),
        ("DELETE FROM tombstone", "entry_unlogged"),
        ("DELETE FROM vector WHERE seq <> entry", "vector_lost"),
        ("UPDATE vector SET x = x || 'xx'::BLOB WHERE seq = 3", "vector_wrong_length"),
        ("UPDATE vector SET part = 2 WHERE seq = 3", "vector_parts_odd"),
        ("DELETE FROM posting WHERE seq = 3", "posting_differs"),
        ("UPDATE posting SET tf = tf + 1 WHERE seq = 3", "posting_differs"),
        ("UPDATE posting SET len = len + 1 WHERE seq = 3", "posting_differs"),
    ],
)
def test_an_altered_row_is_found(folder: Path, sql: str, code: str) -> None:
    with duckdb.connect(str(folder / "store" / "memory.duckdb")) as connection:
        connection.execute(sql)

    assert code in codes_of(verified(folder))


@pytest.mark.parametrize(
    ("vector", "code"),
    [
        (np.full(16, np.nan), "vector_not_finite"),
        (2 * a_vector(3), "vector_not_unit"),
        (np.zeros(16), "vector_not_unit"),
    ],
)
def test_a_vector_that_is_none_is_found(
    folder: Path, vector: np.ndarray[tuple[int], np.dtype[np.float32]], code: str
) -> None:
    with duckdb.connect(str(folder / "store" / "memory.duckdb")) as connection:
        connection.execute(
            "UPDATE vector SET x = $x WHERE seq = 3", {"x": vector.astype("<f2").tobytes()}
        )

    assert code in codes_of(verified(folder))


def _flipped(data: bytes) -> bytes:
    """With a bit changed near the start, where no file has room to spare."""
    place = len(data) // 64
    return data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :]


def _derived(folder: Path) -> list[Path]:
    return [file for file in sorted((folder / "index").rglob("*")) if file.is_file()]


def test_a_changed_bit_is_found_in_every_file_that_is_derived(folder: Path) -> None:
    files = _derived(folder)
    assert len(files) >= 6

    for file in files:
        whole = file.read_bytes()
        file.write_bytes(_flipped(whole))
        assert verified(folder).findings, file.name
        file.write_bytes(whole)

    assert_verified(folder)


@pytest.mark.parametrize("damage", [_flipped, lambda data: data[: len(data) // 2]])
def test_what_is_derived_is_built_anew_and_finds_what_it_found(
    folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    with opened(folder) as backend:
        before = legs_of(backend)
    for file in _derived(folder):
        file.write_bytes(damage(file.read_bytes()))

    repair = repaired(folder)

    assert (repair.report.findings, repair.lost) == ((), None)
    assert "built anew" in repair.done[0]
    with opened(folder) as backend:
        assert_identical(before, backend)
    assert_verified(folder)
