"""Compiled models on disk: whole and as they were made, or made anew."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from memory_service.embedding.artifact import GRAPH, look, place_of, put_in
from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.precision import Precision
from tests.support.compiled import write_artifact
from tests.support.models import write_layout

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return write_artifact(tmp_path / "compiled" / "one", Precision.INT8)


def test_what_was_put_in_is_found(place: Path) -> None:
    found = look(place)

    assert found.fault == ""
    assert found.artifact is not None
    assert found.artifact.path == place
    assert found.artifact.serves
    assert found.artifact.manifest.padding == 7


def test_nothing_at_a_place_is_no_fault(tmp_path: Path) -> None:
    found = look(tmp_path / "nothing")

    assert (found.artifact, found.fault) == (None, "")


def test_every_damaged_byte_is_noticed(place: Path) -> None:
    whole = (place / GRAPH).read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        (place / GRAPH).write_bytes(bytes(damaged))

        assert look(place).fault == f"{GRAPH} is damaged"


@pytest.mark.parametrize("name", ["manifest.json", GRAPH])
def test_a_missing_file_is_a_fault(place: Path, name: str) -> None:
    (place / name).unlink()

    found = look(place)

    assert found.artifact is None
    assert found.fault == "it cannot be read (FileNotFoundError)"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"agreement": 1}', '{"agreement": {}}'])
def test_a_manifest_that_is_none_is_a_fault(place: Path, text: str) -> None:
    (place / "manifest.json").write_text(text, encoding="utf-8")

    assert look(place).artifact is None
    assert look(place).fault.startswith("it cannot be read")


@pytest.mark.parametrize("change", [{"runtime": "0.1"}, {"machine": "vax"}, {"format": 0}])
def test_one_made_for_something_else_is_foreign(place: Path, change: dict[str, object]) -> None:
    manifest = json.loads((place / "manifest.json").read_bytes())
    (place / "manifest.json").write_text(json.dumps(manifest | change), encoding="utf-8")

    assert look(place).fault == "it was made for another version or machine"


def test_a_block_that_fails_leaves_what_was_there(place: Path) -> None:
    def fail_half_way() -> None:
        with put_in(place) as folder:
            (folder / GRAPH).write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()

    assert look(place).artifact is not None
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_what_is_put_in_replaces_what_was_there(place: Path) -> None:
    (place / GRAPH).write_bytes(b"damaged")

    write_artifact(place, Precision.INT8)

    assert look(place).artifact is not None
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_the_place_depends_on_all_that_makes_a_vector(small_model: Path, tmp_path: Path) -> None:
    model = shutil.copytree(small_model, tmp_path / "model")
    places = [place_of(tmp_path, inspect_folder(model), one) for one in Precision]
    elsewhere = shutil.copytree(model, tmp_path / "elsewhere")
    same = place_of(tmp_path, inspect_folder(elsewhere), Precision.INT8)

    write_layout(model, dimensions=32, window=16)
    places.append(place_of(tmp_path, inspect_folder(model), Precision.INT8))
    with (model / "tokenizer.json").open("a") as file:
        file.write("\n")
    places.append(place_of(tmp_path, inspect_folder(model), Precision.INT8))

    assert same == places[0]
    assert len(set(places)) == len(places)
