"""Makes an embedder of a checked folder, in the precision that is asked for and holds."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from memory_service.embedding.compiling import Compiled, compile_once
from memory_service.embedding.precision import AUTO, Precision, ladder
from memory_service.embedding.transformer import TransformerEmbedder
from memory_service.errors import ModelRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from memory_service.embedding.artifact import Artifact
    from memory_service.embedding.compiling import Told
    from memory_service.embedding.folder import ModelFolder
    from memory_service.protocols import Embedder

_log = logging.getLogger(__name__)
_RUNTIMES = {
    Precision.INT8: "in int8 by ONNX Runtime",
    Precision.FP32: "in fp32 by ONNX Runtime",
    Precision.STOCK: "in fp32 by sentence-transformers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How a model is to run.

    `precision` is one of `precision.CHOICES`.  Compiled models are kept in `compiled`; `None`
    compiles none, and the library runs.  `threads` is 0 for the runtime's own choice.
    """

    threads: int = 0
    precision: str = AUTO
    compiled: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model that runs, and in a few words how, and why not as one would expect."""

    embedder: Embedder
    manner: str


class Loader(Protocol):
    """Makes an embedder of a checked folder; `load_model` is one."""

    def __call__(
        self, folder: ModelFolder, *, name: str, revision: str, running: Running
    ) -> LoadedModel:
        """Load it; a folder that cannot be is a `ModelRefusedError`."""
        ...


def load_model(
    folder: ModelFolder,
    *,
    name: str,
    revision: str,
    running: Running,
    told: Told | None = None,
) -> LoadedModel:
    """Load a model, compiled if it may be; compiling it for the first time takes half a minute.

    Where it cannot be had in the fastest precision, the next one serves, and the log and
    `manner` say why.

    Args:
        folder: A folder that passed `inspect_folder`.
        name: What the model is called, here and in the store's fingerprint.
        revision: Which version of it; `local` for a folder of unknown origin.
        running: How it is to run.
        told: Called with what is being done while it is compiled; by default it is logged.

    Raises:
        ModelRefusedError: If the folder cannot be loaded after all, or not in the one precision
            that was asked for.
    """
    wanted = ladder(running.precision) if running.compiled else (Precision.STOCK,)
    found = _compiled(folder, running.compiled, wanted, told or _logged)
    if found.artifact is not None:
        precision = Precision(found.artifact.manifest.precision)
        embedder = _run_compiled(found.artifact, folder, name, revision, running.threads)
    elif Precision.STOCK in wanted:
        precision = Precision.STOCK
        embedder = TransformerEmbedder(
            folder, name=name, revision=revision, threads=running.threads
        )
    else:
        raise ModelRefusedError(
            f"{name} cannot run in {running.precision}: {'; '.join(found.why_not)}; "
            f"set precision to {AUTO}"
        )
    return LoadedModel(embedder=embedder, manner=_manner(precision, name, found.why_not))


def _compiled(
    folder: ModelFolder, compiled: Path | None, wanted: Sequence[Precision], told: Told
) -> Compiled:
    precisions = [one for one in wanted if one is not Precision.STOCK]
    if compiled is None or not precisions:
        return Compiled()
    return compile_once(folder, compiled, precisions, told=told)


def _run_compiled(
    artifact: Artifact, folder: ModelFolder, name: str, revision: str, threads: int
) -> Embedder:
    # Imported here: a daemon that runs nothing compiled does without the runtime.
    from memory_service.embedding.compiled import CompiledEmbedder

    return CompiledEmbedder(
        folder,
        artifact.path,
        precision=Precision(artifact.manifest.precision),
        padding=artifact.manifest.padding,
        name=name,
        revision=revision,
        threads=threads,
    )


def _logged(doing: str) -> None:
    _log.info("compiling the model: %s", doing)


def _manner(precision: Precision, name: str, why_not: Sequence[str]) -> str:
    """How it runs; what kept it from running faster is logged as well."""
    manner = _RUNTIMES[precision]
    if why_not:
        manner += f", since {'; '.join(why_not)}"
        _log.warning("%s runs %s", name, manner)
    return manner
