"""Which model serves, and what is said of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from memory_service.embedding.catalogue import DEFAULT, OFFLINE
from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.embedding.places import offline_extra
from memory_service.embedding.resolve import (
    ModelChoice,
    ModelSource,
    ResolvedModel,
    Sources,
    resolve_model,
)
from memory_service.embedding.transformer import TransformerEmbedder
from memory_service.errors import ModelNotFoundError, ModelRefusedError
from memory_service.protocols import EmbedderIdentity
from tests.support.hub import FakeHub
from tests.support.models import write_model_files

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.embedding.folder import ModelFolder


class NamedEmbedder(HashingEmbedder):
    """Stands for a loaded model: its identity is the folder's."""

    def __init__(self, folder: ModelFolder, *, name: str, revision: str, threads: int) -> None:
        super().__init__()
        self.threads = threads
        self._identity = EmbedderIdentity(
            name=name,
            revision=revision,
            sha256=folder.sha256,
            dimensions=folder.dimensions,
            window=folder.window,
            pooling=folder.pooling,
            normalised=True,
        )

    @property
    def identity(self) -> EmbedderIdentity:
        return self._identity


@dataclass
class World:
    """A machine: a data folder's models, a checkout's, the hub and perhaps the extra."""

    folder: Path
    hub: FakeHub
    extra: Path | None = None

    @property
    def choice(self) -> ModelChoice:
        own, checkout = self.folder / "data", self.folder / "checkout"
        return ModelChoice(folders=(own, checkout), downloads=own)

    def place(self, where: str, *, weights: bytes = b"default weights") -> Path:
        """A folder of gte-base's shape."""
        return write_model_files(self.folder / where, weights=weights, dimensions=768, window=512)

    def resolve(self, choice: ModelChoice) -> ResolvedModel:
        sources = Sources(hub=self.hub, extra=lambda: self.extra, load=NamedEmbedder)
        return resolve_model(choice, sources=sources)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Nothing is there, and the hub is silent."""
    return World(folder=tmp_path, hub=FakeHub(reason="the hub did not answer"))


def real_extra() -> Path:
    folder = offline_extra()
    assert folder is not None
    return folder


def identity(resolved: ResolvedModel) -> EmbedderIdentity:
    assert resolved.embedder is not None
    return resolved.embedder.identity


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


def test_the_hashing_embedder_is_had_by_name_and_keeps_a_stores_shape(world: World) -> None:
    chosen = world.resolve(replace(world.choice, name="hashing"))
    bound = HashingEmbedder(dimensions=24, window=10).identity

    again = world.resolve(replace(world.choice, bound=bound))

    assert "tests alone" in chosen.detail
    assert identity(again) == bound


def test_the_threads_asked_for_reach_the_model(world: World) -> None:
    world.place("data/gte-base")

    resolved = world.resolve(replace(world.choice, threads=3))

    assert isinstance(resolved.embedder, NamedEmbedder)
    assert resolved.embedder.threads == 3


@pytest.mark.model
def test_the_extra_that_is_installed_serves_with_pinned_weights(tmp_path: Path) -> None:
    silent = Sources(hub=FakeHub(reason="the hub did not answer"))

    resolved = resolve_model(ModelChoice(folders=(tmp_path,)), sources=silent)

    assert isinstance(resolved.embedder, TransformerEmbedder)
    assert identity(resolved).sha256 == OFFLINE.sha256
    assert identity(resolved).dimensions == OFFLINE.dimensions
    assert inspect_folder(real_extra()).window == OFFLINE.window
    resolved.embedder.close()
