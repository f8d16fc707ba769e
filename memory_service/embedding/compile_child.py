"""`python -m memory_service.embedding.compile_child`: compiles one model, and ends.

PyTorch comes and goes with this process; the one that serves stays without.  Says on standard
output, a line each, what it is at.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from platform import machine
from typing import TYPE_CHECKING

from memory_service.embedding.agreement import Agreement, compare, compared_texts
from memory_service.embedding.artifact import (
    GRAPH,
    RUNTIME,
    TOKENIZER,
    Manifest,
    checksum,
    place_of,
    put_in,
    write_manifest,
)
from memory_service.embedding.compiled import CompiledEmbedder
from memory_service.embedding.exporting import export_graph
from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.precision import Precision
from memory_service.embedding.quantising import quantise
from memory_service.embedding.transformer import TransformerEmbedder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.embedding.folder import ModelFolder
    from memory_service.protocols import Vectors

_EXPORTER = ("torch", "transformers", "sentence-transformers", "onnx", "onnxscript")
_NAME = "model being compiled"


class Compilation:
    """One model: the library's vectors of what is compared, and its graph in fp32."""

    def __init__(self, folder: ModelFolder, compiled: Path, work: Path) -> None:
        self._folder = folder
        self._compiled = compiled
        self._exported = work / GRAPH
        self._reference = self._read_model()

    def make(self, precision: Precision) -> Agreement:
        """Put the model in this precision where it belongs, or only how it compared."""
        _say(f"making {precision} and comparing it with the library")
        with put_in(place_of(self._compiled, self._folder, precision)) as place:
            self._write_graph(precision, place)
            (place / TOKENIZER).write_text(self._tokenizer, encoding="utf-8")
            agreement = compare(self._reference, self._vectors(precision, place))
            if not agreement.enough:
                for path in place.iterdir():
                    path.unlink()
            write_manifest(place, self._manifest(precision, agreement, place))
        return agreement

    def _read_model(self) -> Vectors:
        _say("loading it with the library")
        model = TransformerEmbedder(self._folder, name=_NAME, revision="")
        self._tokenizer, self._padding = model.tokenizer_definition, model.padding
        vectors = model.embed(compared_texts())
        _say("exporting its graph")
        export_graph(
            model.transformer,
            self._exported,
            pooling=self._folder.pooling,
            window=self._folder.window,
        )
        return vectors

    def _write_graph(self, precision: Precision, place: Path) -> None:
        if precision is Precision.INT8:
            quantise(self._exported, place / GRAPH)
        else:
            shutil.copytree(self._exported.parent, place, dirs_exist_ok=True)

    def _vectors(self, precision: Precision, place: Path) -> Vectors:
        """As the service will compute them."""
        embedder = CompiledEmbedder(
            self._folder,
            place,
            precision=precision,
            padding=self._padding,
            name=_NAME,
            revision="",
        )
        vectors = embedder.embed(compared_texts())
        embedder.close()
        return vectors

    def _manifest(self, precision: Precision, agreement: Agreement, place: Path) -> Manifest:
        return Manifest(
            precision=precision,
            padding=self._padding,
            agreement=agreement,
            files={path.name: checksum(path) for path in sorted(place.iterdir())},
            exporter={name: version(name) for name in _EXPORTER},
            runtime=version(RUNTIME),
            machine=machine(),
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the first of the precisions that comes close enough; those before it leave a note."""
    parser = argparse.ArgumentParser(prog="compile_child", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("compiled", type=Path)
    parser.add_argument("precisions", type=Precision, nargs="+")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.compiled, prefix=".work-") as work:
        compilation = Compilation(inspect_folder(options.folder), options.compiled, Path(work))
        for precision in options.precisions:
            if compilation.make(precision).enough:
                break
    return 0


def _say(doing: str) -> None:
    sys.stdout.write(f"{doing}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
