"""Rerankers that do as a test says."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from memory_service.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from memory_service.model.read import Scores


class ToyReranker:
    """Scores a text by a function of it, and notes what it was asked.

    While `broken` it fails, with a message that holds the text, which nobody may repeat.
    """

    def __init__(self, likes: Callable[[str], float]) -> None:
        self._likes = likes
        self.broken = False
        self.closed = False
        self.calls: list[tuple[str, tuple[str, ...]]] = []

    @property
    def read(self) -> list[str]:
        """Every text that it was given."""
        return [text for _, texts in self.calls for text in texts]

    def score(self, query: str, texts: Sequence[str]) -> Scores:
        self.calls.append((query, tuple(texts)))
        if self.closed:
            raise UnavailableError("closed")
        if self.broken:
            raise RuntimeError(f"cannot read {texts[0]}")
        return np.array([self._likes(text) for text in texts], dtype=np.float64)

    def close(self) -> None:
        self.closed = True


class GatedReranker(ToyReranker):
    """A reranker that, while the gate is closed, stands still in its first call."""

    def __init__(self, likes: Callable[[str], float]) -> None:
        super().__init__(likes)
        self.gate = threading.Event()

    def score(self, query: str, texts: Sequence[str]) -> Scores:
        self.gate.wait(timeout=60)
        return super().score(query, texts)


def likes(word: str) -> Callable[[str], float]:
    """1 for a text that holds the word, else 0."""
    return lambda text: float(word in text)
