"""Compiled models, made once."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from memory_service.embedding.artifact import look, place_of
from memory_service.embedding.compile_child import main as compile_here
from memory_service.embedding.compiled import CompiledEmbedder
from memory_service.embedding.folder import inspect_folder

if TYPE_CHECKING:
    from memory_service.embedding.precision import Precision

_EMBEDDING = Path(__file__).parents[2] / "memory_service" / "embedding"
_MAKERS = ("exporting.py", "quantising.py", "compile_child.py", "agreement.py")


def machines_folder() -> Path:
    """Where the real model is kept compiled from one run of the tests to the next.

    Another one for other code that compiles, so that no test passes on what the code of
    yesterday made.
    """
    made_by = hashlib.sha256(b"".join((_EMBEDDING / name).read_bytes() for name in _MAKERS))
    name = f"memory-service-tests-{os.getuid()}-{made_by.hexdigest()[:16]}"
    return Path(tempfile.gettempdir()) / name


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
        padding=artifact.manifest.padding,
        name="small",
        revision="local",
        threads=2,
    )
