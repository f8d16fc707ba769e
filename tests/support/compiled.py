"""Compiled models, made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.embedding.artifact import look, place_of
from memory_service.embedding.compile_child import main as compile_here
from memory_service.embedding.compiled import CompiledEmbedder
from memory_service.embedding.folder import inspect_folder

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.embedding.precision import Precision


def compiled_here(model: Path, compiled: Path, precision: Precision) -> CompiledEmbedder:
    """The model compiled into *compiled*, in this process, whether it came close or not."""
    compiled.mkdir(exist_ok=True)
    folder = inspect_folder(model)
    place = place_of(compiled, folder, precision)
    if not place.exists():
        compile_here([str(model), str(compiled), precision])
    artifact = look(place).artifact
    assert artifact is not None
    return CompiledEmbedder(
        folder,
        place,
        precision=precision,
        padding=artifact.manifest.padding,
        name="small",
        revision="local",
        threads=2,
    )
