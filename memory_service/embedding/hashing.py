"""An embedder without a model, for tests alone: texts that share words get similar vectors."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import numpy as np

from memory_service.embedding.passages import cut_passages
from memory_service.errors import UnavailableError
from memory_service.protocols import EmbedderIdentity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.model.entry import Span
    from memory_service.protocols import Vector, Vectors

_TERM = re.compile(r"\w+")
_TOKEN = re.compile(r"\S+")


class HashingEmbedder:
    """A bag of hashed words; knows nothing of meaning.

    Each word stands for a fixed random vector of +1 and -1 drawn from its hash, and a text for
    the sum of its words', brought to length 1.  A token is a run of characters without
    whitespace; a word is a run of letters and digits, casefolded.

    Args:
        dimensions: Length of every vector.
        window: The most tokens of one text.

    Raises:
        ValueError: If a number is below 1, or the window below 2.
    """

    def __init__(self, dimensions: int = 64, window: int = 64) -> None:
        if dimensions < 1 or window < 2:
            raise ValueError("dimensions must be at least 1 and window at least 2")
        self._dimensions = dimensions
        self._window = window
        self._closed = False

    @property
    def identity(self) -> EmbedderIdentity:
        """Named `hashing`; no weights, so no hash."""
        return EmbedderIdentity(
            name="hashing",
            revision="1",
            sha256="",
            dimensions=self._dimensions,
            window=self._window,
            pooling="sum",
            normalised=True,
        )

    def windows(self, header: str, body: str) -> list[Span]:
        """Overlapping spans of *body*, each of which fits the window together with *header*.

        A header longer than half the window counts as half.
        """
        tokens = [match.span() for match in _TOKEN.finditer(body)]
        reserved = min(len(_TOKEN.findall(header)), self._window // 2)
        return cut_passages(body, tokens, room=self._window - reserved)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, of its first window.

        Raises:
            UnavailableError: After `close`.
        """
        if self._closed:
            raise UnavailableError("the embedder is closed; start the service again")
        rows = np.empty((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            rows[row] = self._vector(text)
        return rows

    def close(self) -> None:
        """Refuse to embed from here on."""
        self._closed = True

    def _vector(self, text: str) -> Vector:
        tokens = _TOKEN.findall(text)[: self._window]
        words = [word for token in tokens for word in _TERM.findall(token.casefold())]
        total = sum((self._signs(word) for word in words), np.zeros(self._dimensions, np.float32))
        if not total.any():
            total = self._signs(text)
        return np.asarray(total / np.linalg.norm(total), dtype=np.float32)

    def _signs(self, word: str) -> Vector:
        data = hashlib.shake_128(word.encode()).digest((self._dimensions + 7) // 8)
        bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8))[: self._dimensions]
        return bits.astype(np.float32) * 2 - 1
