"""Where a model for an empty store is looked for."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from memory_service.embedding.catalogue import DEFAULT, OFFLINE
from memory_service.embedding.resolve import ModelSource
from tests.support.hub import FakeHub
from tests.support.model_world import World, identity, real_extra


def test_an_empty_store_takes_the_first_place_that_has_a_model(world: World) -> None:
    """Take one place after another away, and the next one serves."""
    own, checkout = world.place("data/gte-base"), world.place("checkout/gte-base")
    cache = world.place("cache")
    world.hub = FakeHub(cache=cache)
    world.extra = real_extra()
    served = []

    for place in (own, checkout, cache, world.folder / "data" / DEFAULT.folder_name):
        resolved = world.resolve(world.choice)
        served.append((resolved.source, place.exists()))
        shutil.rmtree(place)
        if place == cache:
            world.hub.cache = None
        if place.name == DEFAULT.folder_name:
            world.hub.reason = "the hub did not answer"
    last = world.resolve(world.choice)

    assert served == [
        (ModelSource.MODELS_FOLDER, True),
        (ModelSource.MODELS_FOLDER, True),
        (ModelSource.HUB_CACHE, True),
        (ModelSource.DOWNLOAD, True),
    ]
    assert last.source is ModelSource.OFFLINE_EXTRA
    assert identity(last).name == OFFLINE.name


def test_with_no_model_anywhere_it_is_said_what_was_tried(world: World) -> None:
    resolved = world.resolve(world.choice)

    assert resolved.embedder is None
    assert resolved.source is ModelSource.NONE
    assert "by words alone" in resolved.detail
    assert "models/README.md" in resolved.detail
    for tried, place in zip(
        resolved.tried, ["data", "checkout", "hub cache", "did not answer", "extra"], strict=True
    ):
        assert place in tried


def test_a_silent_hub_is_not_asked_for_files(world: World) -> None:
    world.resolve(replace(world.choice, probe_seconds=1.5))

    assert world.hub.asked == [f"cached {DEFAULT.name}", f"silence {DEFAULT.name} 1.5"]


def test_the_hub_is_left_alone_where_downloads_are_forbidden(world: World) -> None:
    world.hub.reason = ""

    resolved = world.resolve(replace(world.choice, downloads=None))

    assert world.hub.asked == [f"cached {DEFAULT.name}"]
    assert any("not allowed" in one for one in resolved.tried)


def test_a_download_that_breaks_off_leaves_nothing_and_the_extra_serves(world: World) -> None:
    world.hub = FakeHub(broken=True)
    world.extra = real_extra()

    resolved = world.resolve(world.choice)

    assert resolved.source is ModelSource.OFFLINE_EXTRA
    assert any("the line was cut" in one for one in resolved.tried)
    assert list((world.folder / "data").iterdir()) == []


def test_what_was_downloaded_is_found_at_the_next_start_as_the_same_model(world: World) -> None:
    world.hub.reason = ""
    first = world.resolve(world.choice)
    world.hub.reason = "the hub did not answer"

    second = world.resolve(world.choice)

    assert (first.source, second.source) == (ModelSource.DOWNLOAD, ModelSource.MODELS_FOLDER)
    assert identity(first) == identity(second)
    assert identity(first).revision == DEFAULT.revision


def test_the_default_is_preferred_to_other_models_in_a_folder(world: World) -> None:
    world.place("data/aardvark", weights=b"other")
    world.place("data/thenlper--gte-base")

    assert identity(world.resolve(world.choice)).name == DEFAULT.name


@pytest.mark.parametrize("where", ["acme--tiny", "acme/tiny"])
def test_a_model_that_nobody_knows_is_called_after_its_folder(world: World, where: str) -> None:
    world.place(f"data/{where}")

    assert identity(world.resolve(world.choice)).name == "acme/tiny"
    assert identity(world.resolve(replace(world.choice, name="acme/tiny"))).revision == "local"
