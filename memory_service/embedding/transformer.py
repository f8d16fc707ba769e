"""Runs a sentence-transformers model from a local folder."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from memory_service.embedding.folder import WEIGHTS
from memory_service.embedding.passages import cut_passages
from memory_service.errors import ModelRefusedError, UnavailableError
from memory_service.model.entry import Span
from memory_service.protocols import EmbedderIdentity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from memory_service.embedding.folder import ModelFolder
    from memory_service.protocols import Vectors

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
        self._identity = EmbedderIdentity(
            name=name,
            revision=revision,
            sha256=folder.sha256,
            dimensions=folder.dimensions,
            window=folder.window,
            pooling=folder.pooling,
            normalised=True,
        )
        self._model.max_seq_length = folder.window
        # The model's own tokenizer keeps state between calls; `windows` is called from any thread.
        self._tokenizer = _stateless_tokenizer(self._model.tokenizer)
        self._specials = int(self._tokenizer.num_special_tokens_to_add(is_pair=False))
        self._closed = False
        self._lock = threading.Lock()

    @property
    def identity(self) -> EmbedderIdentity:
        """What this embedder is."""
        return self._identity

    def windows(self, header: str, body: str) -> list[Span]:
        """Overlapping spans of *body*, each of which fits the window together with *header*.

        Tokens are counted by the model's tokenizer, special tokens included.  A header longer
        than half the window counts as half: what is then too much is cut by `embed`.
        """
        if self._surely_fits(header, body):
            return [Span(start=0, stop=len(body))]
        tokens = self._offsets(body)
        reserved = self._specials + len(self._offsets(header))
        room = self._identity.window - min(reserved, self._identity.window // 2)
        asked = room
        while True:
            spans = cut_passages(body, tokens, room=asked)
            if asked == 1 or all(self._fits(body[s.start : s.stop], room) for s in spans):
                return spans
            # A word cut in two may need more tokens than it had whole.
            asked = max(1, asked - max(1, room // 16))

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

    def _surely_fits(self, header: str, body: str) -> bool:
        """Whether counting can be spared: an ASCII character is never more than one token."""
        characters = len(header) + len(body)
        limit = self._identity.window - self._specials - 1
        return characters <= limit and header.isascii() and body.isascii()

    def _fits(self, text: str, room: int) -> bool:
        return (len(text) < room and text.isascii()) or len(self._offsets(text)) <= room

    def _offsets(self, text: str) -> list[tuple[int, int]]:
        offsets: list[tuple[int, int]] = self._tokenizer.encode(
            text, add_special_tokens=False
        ).offsets
        return offsets


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


def _stateless_tokenizer(tokenizer: Any) -> Any:  # noqa: ANN401
    """A copy that neither cuts nor pads, and may be used from several threads."""
    from tokenizers import Tokenizer

    copy = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy
