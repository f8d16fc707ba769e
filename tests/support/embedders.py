"""Embedders that count, stop and fail on command."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from memory_service.embedding.hashing import HashingEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from memory_service.model.entry import Span
    from memory_service.protocols import EmbedderIdentity, Vectors


class GatedEmbedder:
    """A hashing embedder that notes every pass and, while shut, holds it.

    `passes` are the texts of each pass that was begun.  A text that is in `poison` fails the
    whole pass.  By its own timer a pass takes `seconds_per_character`.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.seconds_per_character = 0.001
        self.passes: list[list[str]] = []
        self.poison: set[str] = set()
        self.closed = False
        self._inner = HashingEmbedder()
        self._open = threading.Event()
        self._open.set()
        self._begun = threading.Condition()

    @property
    def identity(self) -> EmbedderIdentity:
        return self._inner.identity

    def windows(self, header: str, body: str) -> list[Span]:
        return self._inner.windows(header, body)

    def embed(self, texts: Sequence[str]) -> Vectors:
        with self._begun:
            self.passes.append(list(texts))
            self._begun.notify_all()
        self._open.wait()
        if self.poison.intersection(texts):
            raise RuntimeError("poisoned")
        self.seconds += self.seconds_per_character * sum(map(len, texts))
        return self._inner.embed(texts)

    def timer(self) -> float:
        """Seconds, which pass during passes alone."""
        return self.seconds

    def close(self) -> None:
        self.closed = True

    def shut(self) -> None:
        """Hold every pass from here on."""
        self._open.clear()

    def open(self) -> None:
        """Let the held pass go, and all after it."""
        self._open.set()

    def wait_for_passes(self, count: int) -> None:
        """Until so many passes were begun."""
        with self._begun:
            self._begun.wait_for(lambda: len(self.passes) >= count)


def until(condition: Callable[[], bool]) -> None:
    """Yield to other threads until *condition* holds; the test's own time limit ends it."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.001)
