"""Wrappers that fail or wait when a test says so."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from memory_service.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from memory_service.model.entry import Span
    from memory_service.protocols import Embedder, EmbedderIdentity, Vectors


class FlakyEmbedder:
    """An embedder that can be broken and repaired, and that remembers what it was asked."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.broken = False
        self.calls: list[tuple[str, ...]] = []

    @property
    def identity(self) -> EmbedderIdentity:
        return self._inner.identity

    def windows(self, header: str, body: str) -> list[Span]:
        return self._inner.windows(header, body)

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(tuple(texts))
        if self.broken:
            raise UnavailableError("broken by the test")
        return self._inner.embed(texts)

    def close(self) -> None:
        self._inner.close()


class GatedEmbedder(FlakyEmbedder):
    """An embedder that, while the gate is closed, stands still in the middle of a pass."""

    def __init__(self, inner: Embedder) -> None:
        super().__init__(inner)
        self.gate = threading.Event()
        self.entered = threading.Event()

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.entered.set()
        self.gate.wait(timeout=60)
        return super().embed(texts)


class BusyEmbedder(FlakyEmbedder):
    """An embedder during whose next pass something else happens."""

    def __init__(self, inner: Embedder) -> None:
        super().__init__(inner)
        self.meanwhile: Callable[[], object] | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().embed(texts)
