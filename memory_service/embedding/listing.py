"""Which models there are: those known by name, and those on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.embedding.catalogue import DEFAULT, KNOWN, OFFLINE, find_known
from memory_service.embedding.hub import HuggingFaceHub
from memory_service.embedding.places import local_models, offline_extra
from memory_service.embedding.search import ModelSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from memory_service.embedding.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """A model at one place, or a known one that is nowhere here (`path` is `None`).

    `licence` is empty and `megabytes` 0 for a model that is not known.
    """

    name: str
    revision: str
    path: Path | None
    source: ModelSource
    default: bool
    licence: str
    megabytes: int


def list_models(
    folders: tuple[Path, ...],
    *,
    hub: Hub | None = None,
    extra: Callable[[], Path | None] = offline_extra,
) -> list[ListedModel]:
    """Every model in the order in which an empty store would look, then those not here.

    Reads no weights and reaches no network, so nothing is verified: `resolve_model` does that.
    """
    here = list(_present(folders, hub or HuggingFaceHub(), extra()))
    names = {model.name for model in here}
    absent = [
        _listed(model.name, model.revision, None, ModelSource.NONE)
        for model in KNOWN
        if model.name not in names
    ]
    return here + absent


def _present(folders: tuple[Path, ...], hub: Hub, extra: Path | None) -> Iterator[ListedModel]:
    for folder in folders:
        for model in local_models(folder):
            yield _listed(model.name, model.revision, model.path, ModelSource.MODELS_FOLDER)
    for known in KNOWN:
        path = hub.cached(known)
        if path is not None:
            yield _listed(known.name, known.revision, path, ModelSource.HUB_CACHE)
    if extra is not None:
        yield _listed(OFFLINE.name, OFFLINE.revision, extra, ModelSource.OFFLINE_EXTRA)


def _listed(name: str, revision: str, path: Path | None, source: ModelSource) -> ListedModel:
    known = find_known(name)
    return ListedModel(
        name=name,
        revision=revision,
        path=path,
        source=source,
        default=name == DEFAULT.name,
        licence=known.licence if known else "",
        megabytes=known.megabytes if known else 0,
    )
