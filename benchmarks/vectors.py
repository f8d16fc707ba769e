"""Vectors that are kept, so that no text is embedded twice: not by the next engine, nor next week.

A vector depends on its text, its model and the precision it runs in, so a kept one is never
stale; stores, which depend on the code, are made anew each time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from memory_service.embedding.compiled import CompiledEmbedder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from memory_service.model.entry import Span
    from memory_service.protocols import Embedder, EmbedderIdentity, Vector, Vectors

_DIGEST_BYTES = 16


class VectorShelf:
    """The vectors of every model met in this run, and of earlier runs where a folder is given.

    Not thread-safe: an engine calls its model from one thread.

    Args:
        folder: Where they are kept; `None` keeps them in memory alone.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._vectors: dict[str, dict[bytes, Vector]] = {}
        self._saved: dict[str, int] = {}

    def wrap(self, embedder: Embedder) -> Embedder:
        """The same model, which embeds only the texts that have no vector here."""
        name = _file_name(embedder)
        if name not in self._vectors:
            self._vectors[name] = self._load(name)
            self._saved[name] = len(self._vectors[name])
        return _KeptVectors(embedder, self._vectors[name])

    def save(self) -> None:
        """Write what came to be since the last time."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, vectors in self._vectors.items():
            if len(vectors) > self._saved[name]:
                _write(self._folder / name, vectors)
                self._saved[name] = len(vectors)

    def _load(self, name: str) -> dict[bytes, Vector]:
        path = self._folder / name if self._folder else None
        if path is None or not path.is_file():
            return {}
        with np.load(path, allow_pickle=False) as kept:
            digests, vectors = kept["digests"], kept["vectors"]
        return {digest.tobytes(): row for digest, row in zip(digests, vectors, strict=True)}


class _KeptVectors:
    """An embedder over kept vectors; see `VectorShelf`."""

    def __init__(self, inner: Embedder, vectors: dict[bytes, Vector]) -> None:
        self._inner = inner
        self._vectors = vectors

    @property
    def identity(self) -> EmbedderIdentity:
        return self._inner.identity

    def windows(self, header: str, body: str) -> list[Span]:
        return self._inner.windows(header, body)

    def embed(self, texts: Sequence[str]) -> Vectors:
        digests = {text: _digest(text) for text in texts}
        missing = [text for text, digest in digests.items() if digest not in self._vectors]
        if missing:
            fresh = self._inner.embed(missing)
            self._vectors.update(zip(map(_digest, missing), fresh, strict=True))
        rows = np.empty((len(texts), self.identity.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            rows[row] = self._vectors[digests[text]]
        return rows

    def close(self) -> None:
        self._inner.close()


def _file_name(embedder: Embedder) -> str:
    """One for each model and compiled precision; the library's own vectors have no mark."""
    described = json.dumps(asdict(embedder.identity), sort_keys=True).encode()
    compiled = f"-{embedder.precision}" if isinstance(embedder, CompiledEmbedder) else ""
    return f"vectors-{hashlib.sha256(described).hexdigest()[:16]}{compiled}.npz"


def _write(path: Path, vectors: dict[bytes, Vector]) -> None:
    joined = np.frombuffer(b"".join(vectors), dtype=np.uint8)
    partial = path.with_suffix(".partial.npz")
    np.savez(
        partial,
        digests=joined.reshape(len(vectors), _DIGEST_BYTES),
        vectors=np.stack(list(vectors.values())),
    )
    partial.replace(path)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()
