"""Runs a compiled model: no PyTorch, no sentence-transformers."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from memory_service.embedding.artifact import GRAPH, TOKENIZER
from memory_service.embedding.folder import identity_of
from memory_service.embedding.passes import plan_passes
from memory_service.embedding.session import Session
from memory_service.embedding.tokens import Tokens
from memory_service.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from memory_service.embedding.folder import ModelFolder
    from memory_service.embedding.precision import Precision
    from memory_service.model.entry import Span
    from memory_service.protocols import EmbedderIdentity, Vectors


class CompiledEmbedder:
    """A transformer with pooling and normalisation as a graph, run on the CPU.

    A text's vector depends on the text: what else is in the call, and how shorter texts are
    filled up, changes it in the last places only (about 1e-7 of a component), in int8 as in
    fp32; see `quantising`.  The same call gives the same bits.

    A call is cut into passes of texts of like length.  A pass takes one thread; several passes
    go side by side, on so many threads as are allowed.

    Args:
        folder: The model that was compiled.
        artifact: The folder with the compiled model.
        precision: What it was compiled to.
        padding: The token that fills up the shorter texts of a pass.
        name: As for `TransformerEmbedder`.
        revision: As for `TransformerEmbedder`.
        threads: The most threads; 0 takes one for each core that the process may use.

    Raises:
        ModelRefusedError: If the graph or the tokenizer cannot be loaded.
    """

    def __init__(
        self,
        folder: ModelFolder,
        artifact: Path,
        *,
        precision: Precision,
        padding: int,
        name: str,
        revision: str,
        threads: int = 0,
    ) -> None:
        self._identity = identity_of(folder, name=name, revision=revision)
        definition = (artifact / TOKENIZER).read_text(encoding="utf-8")
        self._tokens = Tokens(definition, window=folder.window)
        self._session = Session(artifact / GRAPH)
        self._precision = precision
        self._padding = padding
        self._threads = threads or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="model")
        self._closed = False
        self._lock = threading.Lock()

    @property
    def identity(self) -> EmbedderIdentity:
        """What this embedder is; the same in every precision."""
        return self._identity

    @property
    def precision(self) -> Precision:
        """What it runs in."""
        return self._precision

    def windows(self, header: str, body: str) -> list[Span]:
        """Overlapping spans of *body*, each of which fits the window together with *header*.

        A header longer than half the window counts as half: what is then too much is cut by
        `embed`.
        """
        return self._tokens.windows(header, body)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, in order; a text longer than the window is cut.

        Raises:
            UnavailableError: After `close`.
        """
        vectors = np.empty((len(texts), self._identity.dimensions), dtype=np.float32)
        with self._lock:
            if self._closed:
                raise UnavailableError("the model is closed; start the service again")
            if texts:
                self._fill(vectors, self._tokens.encode(texts))
        return vectors

    def close(self) -> None:
        """Let go of the model after the call under way."""
        with self._lock:
            self._closed = True
            self._pool.shutdown()
            del self._session

    def _fill(self, vectors: Vectors, rows: Sequence[Sequence[int]]) -> None:
        """Run all rows and put each vector where its text was."""
        passes = plan_passes([len(row) for row in rows], lanes=self._threads)

        def run(chosen: Sequence[int]) -> None:
            vectors[chosen] = self._session.run([rows[one] for one in chosen], pad=self._padding)

        if len(passes) == 1:
            run(passes[0])
            return
        for done in [self._pool.submit(run, chosen) for chosen in passes]:
            done.result()
