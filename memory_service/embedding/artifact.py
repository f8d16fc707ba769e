"""Compiled models on disk: one folder each, whole or not there.

    <compiled models>/<what it was made of>-<precision>/
        manifest.json    what it was made of and with, how it compared, checksums
        model.onnx       the graph
        model.onnx.data  its weights, which are mapped rather than read: a table of words takes
                         memory only for the words that occur
        tokenizer.json

Of one that was made and proved not good enough, the manifest alone stays.  Nothing in it is
needed: a folder that is deleted is made anew.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from xxhash import xxh3_64

from memory_service.durable import sync
from memory_service.embedding.agreement import Agreement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from memory_service.embedding.folder import ModelFolder
    from memory_service.embedding.precision import Precision

GRAPH = "model.onnx"
#: The file of a graph's weights is called like the graph, with this behind.
WEIGHTS_SUFFIX = ".data"
TOKENIZER = "tokenizer.json"
#: The package that runs a graph; with another version of it, how a graph compared is not known.
RUNTIME = "onnxruntime"
_MANIFEST = "manifest.json"
#: Raised when a graph is written in another way than before.
_FORMAT = 2
#: What a compiled model depends on beside the weights.
_SOURCES = ("config.json", "tokenizer.json", "tokenizer_config.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is in a compiled model's folder.

    `padding` is the token that fills up shorter texts.  `files` are checksums by name.
    `exporter` are the versions of the packages that made it, which nothing depends on later;
    with another `runtime`, `machine` or `format` it is made anew.
    """

    precision: str
    padding: int
    agreement: Agreement
    files: Mapping[str, str]
    exporter: Mapping[str, str]
    runtime: str
    machine: str
    format: int = _FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A compiled model that may serve, or one that was found not good enough to."""

    path: Path
    manifest: Manifest

    @property
    def serves(self) -> bool:
        """Whether it came close enough to the library."""
        return self.manifest.agreement.enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found at a place; `fault` says why there is something which is of no use."""

    artifact: Artifact | None = None
    fault: str = ""


def place_of(compiled: Path, folder: ModelFolder, precision: Precision) -> Path:
    """Where this model's artifact is: named by all that makes its vectors, and the precision."""
    parts = [folder.sha256, folder.dimensions, folder.window, folder.pooling]
    digest = hashlib.sha256(json.dumps(parts).encode())
    for name in _SOURCES:
        digest.update((folder.path / name).read_bytes())
    return compiled / f"{digest.hexdigest()[:32]}-{precision}"


def look(place: Path) -> Looked:
    """The artifact at *place*, every byte of it checked; reads at about a gigabyte a second."""
    if not place.exists():
        return Looked()
    try:
        manifest = _read(place / _MANIFEST)
        damaged = [name for name, kept in manifest.files.items() if checksum(place / name) != kept]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Looked(fault=f"it cannot be read ({type(error).__name__})")
    if damaged:
        return Looked(fault=f"{', '.join(damaged)} is damaged")
    made = (manifest.format, manifest.runtime, manifest.machine)
    if made != (_FORMAT, version(RUNTIME), platform.machine()):
        return Looked(fault="it was made for another version or machine")
    return Looked(artifact=Artifact(path=place, manifest=manifest))


@contextmanager
def put_in(place: Path) -> Iterator[Path]:
    """A new folder, which stands at *place* when the block ends well and nowhere if not.

    What stood there before is replaced.  Synced before it appears.
    """
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=place.parent, prefix=".partial-"))
    try:
        yield partial
        for path in [*partial.iterdir(), partial]:
            sync(path)
        shutil.rmtree(place, ignore_errors=True)
        partial.rename(place)
        sync(place.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it beside the files that it names."""
    (folder / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")


def checksum(path: Path) -> str:
    """XXH3 of a file, in hex; against damage, not against malice."""
    digest = xxh3_64()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _read(path: Path) -> Manifest:
    value = json.loads(path.read_bytes())
    return Manifest(**{**value, "agreement": Agreement(**value["agreement"])})
