"""Compiled models, made once."""

from __future__ import annotations

from importlib.metadata import version
from platform import machine
from typing import TYPE_CHECKING

from memory_service.embedding.agreement import Agreement
from memory_service.embedding.artifact import (
    GRAPH,
    RUNTIME,
    Manifest,
    checksum,
    look,
    place_of,
    put_in,
    write_manifest,
)
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


def write_artifact(place: Path, precision: Precision, *, top_10: float = 1.0) -> Path:
    """What stands for a compiled model, whole, and how it compared; give its place."""
    with put_in(place) as folder:
        (folder / GRAPH).write_bytes(b"a graph")
        write_manifest(
            folder,
            Manifest(
                precision=precision,
                padding=7,
                agreement=Agreement(mean_cosine=1.0, top_10=top_10),
                files={GRAPH: checksum(folder / GRAPH)},
                exporter={},
                runtime=version(RUNTIME),
                machine=machine(),
            ),
        )
    return place
