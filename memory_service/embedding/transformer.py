"""Runs a sentence-transformers model from a local folder."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from memory_service.embedding.folder import WEIGHTS, identity_of
from memory_service.embedding.tokens import Tokens
from memory_service.errors import ModelRefusedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from memory_service.embedding.folder import ModelFolder
    from memory_service.model.entry import Span
    from memory_service.protocols import EmbedderIdentity, Vectors

#: Texts of one forward pass within a call; longer calls are sorted by length first.
_BATCH = 32
#: Up to so many characters in all, a call runs on one core: a second one gains it nothing, and
#: is needed for what goes on beside an agent's question.
_ONE_CORE = 256


class TransformerEmbedder:
    """A transformer with pooling and normalisation, run on the CPU in float32.

    Weights stored in half precision are widened on loading.  The same texts in the same call
    give the same bits.  A text's company in a forward pass changes its vector in the last
    places only (about 1e-7 of a component): sums are taken in another order.

    Args:
        folder: A folder that passed `inspect_folder`.
        name: What the model is called, here and in the store's fingerprint.
        revision: Which version of it; `local` for a folder of unknown origin.
        threads: Threads of PyTorch, for the whole process; 0 leaves its own choice.  A call of
            a few words runs on one.

    Raises:
        ModelRefusedError: If the folder cannot be loaded after all.
    """

    def __init__(self, folder: ModelFolder, *, name: str, revision: str, threads: int = 0) -> None:
        self._model = _load(folder.path)
        self._threads = Threads(threads)
        self._model.max_seq_length = folder.window
        self._identity = identity_of(folder, name=name, revision=revision)
        # The model's own tokenizer keeps state between calls; `windows` is called from any thread.
        self._tokens = Tokens(self.tokenizer_definition, window=folder.window)
        self._closed = False
        self._lock = threading.Lock()

    @property
    def identity(self) -> EmbedderIdentity:
        """What this embedder is."""
        return self._identity

    # `Any`: PyTorch's classes can be named only where it is imported, which takes seconds.
    @property
    def transformer(self) -> Any:  # noqa: ANN401
        """The transformer by itself, a PyTorch module; for the exporter."""
        return self._model[0].auto_model

    @property
    def tokenizer_definition(self) -> str:
        """The tokenizer that the library made of the folder, as a `tokenizer.json`."""
        return str(self._model.tokenizer.backend_tokenizer.to_str())

    @property
    def padding(self) -> int:
        """The token that fills up the shorter texts of a pass."""
        return int(self._model.tokenizer.pad_token_id or 0)

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
        if not texts:
            return np.empty((0, self._identity.dimensions), dtype=np.float32)
        with self._lock:
            if self._closed:
                raise UnavailableError("the model is closed; start the service again")
            self._threads.choose(sum(map(len, texts)))
            vectors = self._model.encode(
                list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
            )
        return np.asarray(vectors, dtype=np.float32)

    def close(self) -> None:
        """Let go of the model after the call under way."""
        with self._lock:
            self._closed = True
            self._model = None


class Threads:
    """PyTorch's threads: one for a few words, all that are allowed for more."""

    def __init__(self, threads: int) -> None:
        import torch

        self._set = torch.set_num_threads
        self._most = threads or _pytorchs_own_choice()

    def choose(self, characters: int) -> None:
        """Set them for a call of so many *characters*."""
        self._set(1 if characters <= _ONE_CORE else self._most)


@cache
def _pytorchs_own_choice() -> int:
    """As it was before anybody set it: asked once, since a call of a few words leaves it at one."""
    import torch

    return int(torch.get_num_threads())


# `Any`: the library's classes can be named only where it is imported, which takes seconds.
def _load(path: Path) -> Any:  # noqa: ANN401
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs has no types
    try:
        model: Any = SentenceTransformer(
            str(path),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True, "dtype": torch.float32},
        )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise ModelRefusedError(
            f"{path} cannot be loaded ({type(error).__name__}); place the model anew"
        ) from error
    named = [name for name, _ in model[0].auto_model.named_parameters()]
    # Neither mean nor cls pooling uses the pooler.
    refuse_random_weights(path, [name for name in named if not name.startswith("pooler.")])
    return model


def refuse_random_weights(path: Path, names: Sequence[str]) -> None:
    """Refuse a file that lacks weights: the library would draw them at random and only warn.

    Raises:
        ModelRefusedError: If a parameter of these *names* is not in the folder's file.
    """
    from safetensors import safe_open

    with safe_open(path / WEIGHTS, framework="np") as weights:
        stored = list(weights.keys())
    for name in names:
        if not any(key == name or key.endswith(f".{name}") for key in stored):
            raise ModelRefusedError(f"{path / WEIGHTS} lacks {name}; place the model anew")
