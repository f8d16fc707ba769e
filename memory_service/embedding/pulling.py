"""Brings a known model onto this machine."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from memory_service.embedding.catalogue import KNOWN, KnownModel, find_known
from memory_service.embedding.folder import inspect_folder
from memory_service.errors import ModelNotFoundError, ModelRefusedError

if TYPE_CHECKING:
    from memory_service.embedding.folder import ModelFolder
    from memory_service.embedding.hub import Hub, Progress


def pull_model(name: str, folder: Path, *, hub: Hub, progress: Progress | None = None) -> Path:
    """Download a known model into *folder* and give the model's own folder.

    It is fetched into a hidden folder, checked, and then renamed: what stands under its name is
    complete.  One that is there already is checked and not fetched again.

    Args:
        name: A known model's name, with or without its owner.
        folder: The `models` folder to put it in; made if it is not there.
        hub: Where to get it.
        progress: Called with bytes done and bytes in all.

    Raises:
        ModelNotFoundError: If the name is not known, or the hub does not give the model.
        ModelRefusedError: If what came, or what was there, is not the model.
    """
    model = find_known(name)
    if model is None:
        raise unknown_model(name)
    target = folder / model.folder_name
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(model, target, hub, progress)
    check_pin(model, inspect_folder(target))
    return target


def unknown_model(name: str) -> ModelNotFoundError:
    """What to say of a name that stands for no model."""
    known = ", ".join(model.name for model in KNOWN)
    return ModelNotFoundError(
        f"no model is called {name!r}; known are {known}; "
        "any other must be a folder under models/ or an absolute path"
    )


def check_pin(model: KnownModel, folder: ModelFolder) -> None:
    """Hold a folder to the model it claims to be.

    Raises:
        ModelRefusedError: If the weights or the number of dimensions are not the model's.
    """
    if model.sha256 and folder.sha256 != model.sha256:
        raise ModelRefusedError(
            f"the weights in {folder.path} are not {model.name}: their SHA-256 is "
            f"{folder.sha256}, which should be {model.sha256}; remove the folder and place the "
            "model anew, or give a model of your own another name"
        )
    if folder.dimensions != model.dimensions:
        raise ModelRefusedError(
            f"{folder.path} has {folder.dimensions} dimensions, {model.name} has "
            f"{model.dimensions}; place the model anew, or give yours another name"
        )


def _fetch(model: KnownModel, target: Path, hub: Hub, progress: Progress | None) -> None:
    partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=".partial-"))
    try:
        hub.fetch(model, partial, progress)
        # The client leaves its notes on the download there.
        shutil.rmtree(partial / ".cache", ignore_errors=True)
        check_pin(model, inspect_folder(partial))
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
