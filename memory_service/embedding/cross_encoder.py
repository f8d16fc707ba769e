"""Runs a cross-encoder of sentence-transformers from a local folder."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from memory_service.embedding.folder import inspect_cross_encoder
from memory_service.embedding.transformer import Threads, refuse_random_weights
from memory_service.errors import ModelRefusedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from memory_service.embedding.folder import CrossEncoderFolder
    from memory_service.model.read import Scores


class CrossEncoderReranker:
    """A transformer that reads a query and a text as one, run on the CPU in float32.

    Scores are the model's own output, before any sigmoid.  Of a pair that is longer than the
    window the longer side is cut first.

    Args:
        folder: A folder that passed `inspect_cross_encoder`.
        threads: As for `TransformerEmbedder`.

    Raises:
        ModelRefusedError: If the folder cannot be loaded after all.
    """

    def __init__(self, folder: CrossEncoderFolder, *, threads: int = 0) -> None:
        self._model = _load(folder)
        self._threads = Threads(threads)
        self._closed = False
        self._lock = threading.Lock()

    def score(self, query: str, texts: Sequence[str]) -> Scores:
        """How well each text answers, in order, higher is better; in one forward pass.

        Raises:
            UnavailableError: After `close`.
        """
        if not texts:
            return np.empty(0)
        pairs = [(query, text) for text in texts]
        with self._lock:
            if self._closed:
                raise UnavailableError("the reranker is closed; start the service again")
            self._threads.choose(sum(len(query) + len(text) for text in texts))
            scores = self._model.predict(pairs, batch_size=len(pairs), show_progress_bar=False)
        return np.asarray(scores, dtype=np.float64)

    def close(self) -> None:
        """Let go of the model after the call under way."""
        with self._lock:
            self._closed = True
            self._model = None


def load_reranker(path: Path | None, *, threads: int) -> CrossEncoderReranker | None:
    """The cross-encoder in the folder at *path*; none without a path.  Loading takes seconds.

    Raises:
        ModelRefusedError: If the folder is not there, incomplete, or unsafe to load.
    """
    if path is None:
        return None
    return CrossEncoderReranker(inspect_cross_encoder(path), threads=threads)


# `Any`: the library's classes can be named only where it is imported, which takes seconds.
def _load(folder: CrossEncoderFolder) -> Any:  # noqa: ANN401
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs has no types
    try:
        model: Any = CrossEncoder(
            str(folder.path),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True, "dtype": torch.float32},
            # Given here, so that none is imported by a name in the folder's files.
            activation_fn=torch.nn.Identity(),
        )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise ModelRefusedError(
            f"{folder.path} cannot be loaded ({type(error).__name__}); place the model anew"
        ) from error
    refuse_random_weights(folder.path, [name for name, _ in model[0].auto_model.named_parameters()])
    model.max_seq_length = folder.window
    return model
