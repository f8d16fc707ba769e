"""A machine on which models may lie in several places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.embedding.folder import identity_of
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.embedding.places import offline_extra
from memory_service.embedding.resolve import ModelChoice, ResolvedModel, Sources, resolve_model
from memory_service.embedding.serving import LoadedModel
from tests.support.models import write_model_files

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.embedding.folder import ModelFolder
    from memory_service.embedding.serving import Running
    from memory_service.protocols import EmbedderIdentity
    from tests.support.hub import FakeHub


class NamedEmbedder(HashingEmbedder):
    """Stands for a loaded model: its identity is the folder's."""

    def __init__(self, folder: ModelFolder, *, name: str, revision: str, running: Running) -> None:
        super().__init__()
        self.running = running
        self._identity = identity_of(folder, name=name, revision=revision)

    @property
    def identity(self) -> EmbedderIdentity:
        return self._identity


def load_named(folder: ModelFolder, *, name: str, revision: str, running: Running) -> LoadedModel:
    """Stands for loading."""
    embedder = NamedEmbedder(folder, name=name, revision=revision, running=running)
    return LoadedModel(embedder=embedder, manner="as a test has it")


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
        sources = Sources(hub=self.hub, extra=lambda: self.extra, load=load_named)
        return resolve_model(choice, sources=sources)


def real_extra() -> Path:
    """The folder of the offline extra that is installed."""
    folder = offline_extra()
    assert folder is not None
    return folder


def identity(resolved: ResolvedModel) -> EmbedderIdentity:
    assert resolved.embedder is not None
    return resolved.embedder.identity
