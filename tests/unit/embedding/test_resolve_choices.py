"""Which model serves a store that has one, or a model that was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from memory_service.embedding.hashing import HashingEmbedder
from memory_service.embedding.resolve import ModelSource
from memory_service.embedding.serving import Running
from memory_service.errors import ModelNotFoundError, ModelRefusedError
from tests.support.hub import FakeHub
from tests.support.model_world import NamedEmbedder, World, identity, real_extra


def test_a_store_is_served_by_its_own_model_wherever_it_lies(world: World) -> None:
    world.place("data/thenlper--gte-base")
    world.place("data/mine", weights=b"the store's")
    bound = identity(world.resolve(replace(world.choice, name="mine")))
    (world.folder / "data/mine").rename(world.folder / "data/renamed")

    resolved = world.resolve(replace(world.choice, bound=bound))

    assert identity(resolved) == bound


def test_a_store_whose_model_is_gone_is_served_by_words_alone(world: World) -> None:
    world.place("data/gte-base", weights=b"other weights")
    world.extra = real_extra()
    bound = replace(
        identity(world.resolve(world.choice)), sha256="0" * 64, name="thenlper/gte-base"
    )

    resolved = world.resolve(replace(world.choice, bound=bound))

    assert resolved.embedder is None
    assert "the store's own model thenlper/gte-base" in resolved.detail
    assert "0" * 64 in resolved.detail


def test_other_weights_of_the_same_name_do_not_serve_a_store(world: World) -> None:
    """The hub's cache and a download are held to the store's hash, too."""
    world.hub = FakeHub(cache=world.place("cache", weights=b"newer"), weights=b"newest")
    bound = replace(identity(world.resolve(world.choice)), sha256="0" * 64)

    resolved = world.resolve(replace(world.choice, bound=bound))

    assert resolved.embedder is None
    assert len([one for one in resolved.tried if "other weights" in one]) == 2


def test_the_stores_weights_with_changed_settings_are_refused(world: World) -> None:
    world.place("data/mine")
    bound = identity(world.resolve(world.choice))
    (world.folder / "data/mine/sentence_bert_config.json").write_text('{"max_seq_length": 64}')

    with pytest.raises(ModelRefusedError, match="64 tokens"):
        world.resolve(replace(world.choice, bound=bound))


def test_a_model_asked_for_is_taken_whatever_filled_the_store(world: World) -> None:
    """Whether it may serve there is for the store to say."""
    world.place("data/gte-base")
    world.place("data/mine", weights=b"mine")
    bound = identity(world.resolve(world.choice))

    resolved = world.resolve(replace(world.choice, name="mine", bound=bound))

    assert identity(resolved).name == "mine"


def test_a_model_asked_for_by_path_is_taken(world: World) -> None:
    path = world.place("elsewhere/mine")

    resolved = world.resolve(replace(world.choice, name=str(path)))

    assert (resolved.source, identity(resolved).name) == (ModelSource.PATH, "mine")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gte-base", "did not answer"),
        ("nobody/knows", "thenlper/gte-base"),
        ("/nowhere/at/all", "not a folder"),
    ],
)
def test_a_model_asked_for_that_is_nowhere_fails(world: World, name: str, message: str) -> None:
    world.extra = real_extra()

    with pytest.raises(ModelNotFoundError, match=message):
        world.resolve(replace(world.choice, name=name))


def test_the_packaged_model_is_found_by_its_name_without_the_hub(world: World) -> None:
    world.extra = real_extra()

    resolved = world.resolve(replace(world.choice, name="all-MiniLM-L6-v2"))

    assert resolved.source is ModelSource.OFFLINE_EXTRA
    assert not any("fetch" in one for one in world.hub.asked)


def test_the_hashing_embedder_is_had_by_name_and_keeps_a_stores_shape(world: World) -> None:
    chosen = world.resolve(replace(world.choice, name="hashing"))
    bound = HashingEmbedder(dimensions=24, window=10).identity

    again = world.resolve(replace(world.choice, bound=bound))

    assert "tests alone" in chosen.detail
    assert identity(again) == bound


def test_how_a_model_is_to_run_reaches_who_loads_it_and_how_it_runs_is_said(world: World) -> None:
    world.place("data/gte-base")
    running = Running(threads=3, precision="fp32", compiled=world.folder / "compiled")

    resolved = world.resolve(replace(world.choice, running=running))

    assert isinstance(resolved.embedder, NamedEmbedder)
    assert resolved.embedder.running == running
    assert resolved.detail.endswith(", as a test has it")
