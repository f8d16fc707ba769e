"""Pinned weights are known under any name, and nothing else is taken for them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from memory_service.embedding.catalogue import OFFLINE
from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.resolve import ModelChoice, Sources, resolve_model
from memory_service.embedding.transformer import TransformerEmbedder
from memory_service.errors import ModelRefusedError
from tests.support.hub import FakeHub
from tests.support.model_world import World, identity, real_extra
from tests.support.models import write_model_files

if TYPE_CHECKING:
    from pathlib import Path


def test_pinned_weights_are_known_under_any_name(world: World) -> None:
    shutil.copytree(real_extra(), world.folder / "data/something")

    found = identity(world.resolve(world.choice))

    assert (found.name, found.revision) == (OFFLINE.name, OFFLINE.revision)


def test_a_flipped_bit_in_pinned_weights_is_refused(world: World) -> None:
    folder = shutil.copytree(real_extra(), world.folder / "data/all-MiniLM-L6-v2")
    weights = folder / "model.safetensors"
    with weights.open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)[0]
        file.seek(-1, 2)
        file.write(bytes([last ^ 1]))

    with pytest.raises(ModelRefusedError, match=OFFLINE.sha256):
        world.resolve(world.choice)


def test_an_extra_that_was_tampered_with_is_refused(world: World) -> None:
    world.extra = write_model_files(
        world.folder / "extra", weights=b"tampered", dimensions=384, window=256
    )

    with pytest.raises(ModelRefusedError, match="place the model anew"):
        world.resolve(world.choice)


@pytest.mark.model
def test_the_extra_that_is_installed_serves_with_pinned_weights(tmp_path: Path) -> None:
    silent = Sources(hub=FakeHub(reason="the hub did not answer"))

    resolved = resolve_model(ModelChoice(folders=(tmp_path,)), sources=silent)

    assert isinstance(resolved.embedder, TransformerEmbedder)
    assert identity(resolved).sha256 == OFFLINE.sha256
    assert identity(resolved).dimensions == OFFLINE.dimensions
    assert inspect_folder(real_extra()).window == OFFLINE.window
    resolved.embedder.close()
