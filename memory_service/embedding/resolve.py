"""Decides which model serves, and says how it was found or why there is none.

A store with entries is served by the model that filled it, or by words alone.  An empty store
takes the first of: a folder under `models/`, the hub's cache on this machine, a download, the
offline extra; else it is served by words alone until a model is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from memory_service.embedding.catalogue import find_by_weights, find_known
from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.embedding.pulling import check_pin, unknown_model
from memory_service.embedding.search import (
    AUTO,
    Found,
    ModelChoice,
    ModelSource,
    Search,
    Sources,
    candidates,
)
from memory_service.errors import ModelNotFoundError, ModelRefusedError

if TYPE_CHECKING:
    from memory_service.embedding.folder import ModelFolder
    from memory_service.embedding.hub import Progress
    from memory_service.protocols import Embedder, EmbedderIdentity

__all__ = ["ModelChoice", "ModelSource", "ResolvedModel", "Sources", "resolve_model"]

#: The name that chooses the hashing embedder; `hashing-128` chooses its dimensions as well.
HASHING = "hashing"
_HASHING = re.compile(rf"{HASHING}(?:-([1-9]\d{{0,3}}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedModel:
    """The model that serves, or `None`: recall is then by words alone.

    `detail` is one sentence for a person.  `tried` says of every place looked into before what
    was not right there.
    """

    embedder: Embedder | None
    source: ModelSource
    detail: str
    tried: tuple[str, ...] = ()


def resolve_model(
    choice: ModelChoice, *, sources: Sources | None = None, progress: Progress | None = None
) -> ResolvedModel:
    """Find and load the model that serves.  Loading takes seconds.

    A model asked for by name is taken whatever filled the store; whether it may serve there is
    for the store to say (`EmbedderChangedError`).  The same weights under another name or in
    another place are the same model, and keep the name that the store knows them by.

    Args:
        choice: What to look for.
        sources: Where from.
        progress: Called during a download with bytes done and bytes in all.

    Raises:
        ModelNotFoundError: If a model asked for by name or path is nowhere.
        ModelRefusedError: If a folder that would be taken is not what it claims to be, or is
            unsafe to load.
    """
    if is_hashing(choice.name) or (choice.name == AUTO and _is_hashing(choice.bound)):
        return _hashing(choice)
    search = Search(choice, sources or Sources(), progress)
    found = next(candidates(search), None)
    if found is not None:
        return _open(found, search)
    if choice.name != AUTO:
        raise _not_found(choice, search)
    return _by_words_alone(choice, search)


def is_hashing(name: str) -> bool:
    """Whether a name chooses the hashing embedder."""
    return _HASHING.fullmatch(name) is not None


def _open(found: Found, search: Search) -> ResolvedModel:
    folder = inspect_folder(found.path)
    claimed, bound = find_known(found.name), search.choice.bound
    if claimed is not None:
        check_pin(claimed, folder)
    name, revision = _name(found, folder, bound)
    loaded = search.sources.load(
        folder, name=name, revision=revision, running=search.choice.running
    )
    detail = f"{name} ({folder.dimensions} dimensions) from {found.path}, {loaded.manner}"
    return ResolvedModel(
        embedder=loaded.embedder, source=found.source, detail=detail, tried=tuple(search.tried)
    )


def _name(found: Found, folder: ModelFolder, bound: EmbedderIdentity | None) -> tuple[str, str]:
    """Name and revision: the store's for the store's model, then a pinned one's, then claimed."""
    if bound is not None and folder.sha256 == bound.sha256:
        _refuse_changed_settings(folder, bound)
        return bound.name, bound.revision
    pinned = find_by_weights(folder.sha256)
    return (pinned.name, pinned.revision) if pinned else (found.name, found.revision)


def _refuse_changed_settings(folder: ModelFolder, bound: EmbedderIdentity) -> None:
    ours = (folder.dimensions, folder.window, folder.pooling)
    if ours != (bound.dimensions, bound.window, bound.pooling):
        raise ModelRefusedError(
            f"{folder.path} holds the weights of the store's model, but its files now say "
            f"{folder.window} tokens and {folder.pooling} pooling, not {bound.window} and "
            f"{bound.pooling}; place the model anew"
        )


def _is_hashing(bound: EmbedderIdentity | None) -> bool:
    return bound is not None and bound.name == HASHING


def _hashing(choice: ModelChoice) -> ResolvedModel:
    return ResolvedModel(
        embedder=_hashing_embedder(choice),
        source=ModelSource.HASHING,
        detail="the hashing embedder, which knows no meanings and is for tests alone",
    )


def _hashing_embedder(choice: ModelChoice) -> HashingEmbedder:
    named, bound = _HASHING.fullmatch(choice.name), choice.bound
    if named and named[1]:
        return HashingEmbedder(int(named[1]))
    if bound is not None and _is_hashing(bound):
        return HashingEmbedder(bound.dimensions, bound.window)
    return HashingEmbedder()


def _not_found(choice: ModelChoice, search: Search) -> ModelNotFoundError:
    if Path(choice.name).is_absolute():
        return ModelNotFoundError(f"{choice.name} is not a folder; place the model there")
    if not find_known(choice.name):
        return unknown_model(choice.name)
    return ModelNotFoundError(
        f"{choice.name} is not to be had ({'; '.join(search.tried)}); "
        "place it by hand as models/README.md says, or choose another"
    )


def _by_words_alone(choice: ModelChoice, search: Search) -> ResolvedModel:
    bound = choice.bound
    missing = (
        f"the store's own model {bound.name} (SHA-256 {bound.sha256}) is not here"
        if bound
        else "no model is here"
    )
    return ResolvedModel(
        embedder=None,
        source=ModelSource.NONE,
        detail=f"{missing}; recall is by words alone, and entries wait for their vectors; "
        "place it as models/README.md says and start again",
        tried=tuple(search.tried),
    )
