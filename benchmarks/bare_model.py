"""The model by itself: what a recall or an import costs at least."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.compiled_models import machines_folder
from memory_service.embedding.places import models_folders
from memory_service.embedding.resolve import ModelChoice, resolve_model
from memory_service.embedding.serving import Running
from memory_service.errors import ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agent_client import ModelStatus
    from memory_service.protocols import Embedder


def load_model(name: str, data_folder: Path, *, expect: ModelStatus) -> Embedder:
    """Load the model into this process that a daemon over *data_folder* serves with.

    Raises:
        ModelNotFoundError: If another one, or none, is found here.
    """
    running = Running(compiled=machines_folder())
    choice = ModelChoice(name=name, folders=models_folders(data_folder), running=running)
    here = resolve_model(choice).embedder
    if here is None or here.identity.sha256 != (expect.sha256 or ""):
        raise ModelNotFoundError(
            f"the daemon serves {expect.name}, which is not the model found here; name one "
            "with --model"
        )
    return here


def forward_milliseconds(embedder: Embedder, texts: Sequence[str]) -> list[float]:
    """How long each text takes, embedded alone."""
    return [1_000 * _seconds(embedder, (text,)) for text in texts]


def _seconds(embedder: Embedder, texts: Sequence[str]) -> float:
    start = time.perf_counter()
    embedder.embed(texts)
    return time.perf_counter() - start
