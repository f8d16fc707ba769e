"""A benchmark-only embedder: it takes the model's time and gives vectors of its own.

So the whole path is measured at a million entries without hours of embedding them: entries are
filled in with the vectors that this embedder would give them, and a query costs what the real
forward pass costs.  A vector depends on its text, the seed and the dimensions alone, so stores
outlive the model they are measured with.
"""

from __future__ import annotations

import os
import time
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.protocols import EmbedderIdentity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from memory_service.model.entry import Span
    from memory_service.protocols import Embedder, Vectors

_NAME = "seeded"
#: What is declared as the window; texts of benchmarks are shorter.
_WINDOW = 256
_TOPICS = 400
#: How much of a vector all share, and how much those of its topic.
_COMMON, _TOPICAL = 0.6, 0.9
#: Directions of falling weight: real embeddings fill their space unevenly.
_DECAY = 0.35
_RECORD = np.dtype([("text", "<u8"), ("seconds", "<f8")])


class TextVectors:
    """Clustered unit vectors of texts: a common part, a topic drawn by the text, its own rest.

    The rest has directions of falling weight.  Equal texts have equal vectors.

    Args:
        dimensions: Length of every vector.
        seed: Of the topics.
    """

    def __init__(self, *, dimensions: int, seed: int) -> None:
        chance = np.random.default_rng((seed, dimensions))
        self._common = chance.standard_normal(dimensions)
        self._weights = np.arange(1, dimensions + 1) ** -_DECAY
        self._weights *= np.sqrt(dimensions / np.sum(self._weights**2))
        self._topics = chance.standard_normal((_TOPICS, dimensions)) * self._weights
        self._key = seed.to_bytes(8, "little")
        self._dimensions = dimensions

    def of(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, shape `(len(texts), dimensions)`."""
        rows = np.empty((len(texts), self._dimensions))
        topics = np.empty(len(texts), np.int64)
        for row, text in enumerate(texts):
            drawn = int.from_bytes(blake2b(text.encode(), digest_size=8, key=self._key).digest())
            chance = np.random.Generator(np.random.SFC64(drawn))
            topics[row] = drawn % _TOPICS
            chance.standard_normal(out=rows[row])
        rows *= self._weights
        rows += _TOPICAL * self._topics[topics] + _COMMON * self._common
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows.astype(np.float32)


def seeded_identity(*, dimensions: int, seed: int) -> EmbedderIdentity:
    """What a store is bound to that holds these vectors; whatever model takes the time."""
    return EmbedderIdentity(
        name=_NAME,
        revision=str(seed),
        sha256="",
        dimensions=dimensions,
        window=_WINDOW,
        pooling="none",
        normalised=True,
    )


class SeededEmbedder:
    """Runs another embedder for its time and gives the vectors of `TextVectors`.

    Args:
        inner: The model.
        vectors: What is given instead of its vectors.
        identity: What this embedder is.
        log: Where the time of every forward pass is noted; nowhere if `None`.
    """

    def __init__(
        self,
        inner: Embedder,
        *,
        vectors: TextVectors,
        identity: EmbedderIdentity,
        log: ForwardLog | None = None,
    ) -> None:
        self._inner = inner
        self._vectors = vectors
        self._identity = identity
        self._log = log

    @property
    def identity(self) -> EmbedderIdentity:
        """The seeded one's."""
        return self._identity

    def windows(self, header: str, body: str) -> list[Span]:
        """As the model cuts it."""
        return self._inner.windows(header, body)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The seeded vectors, after the model's forward pass; what drawing takes is in its time."""
        start = time.perf_counter()
        self._inner.embed(texts)
        vectors = self._vectors.of(texts)
        if self._log:
            self._log.note(texts, time.perf_counter() - start)
        return vectors

    def close(self) -> None:
        """Free the model."""
        self._inner.close()


def seeded(
    *, dimensions: int, seed: int, log: ForwardLog | None = None
) -> Callable[[Embedder], Embedder]:
    """What is put around the model: the `wrap` of `app.serve` and `app.create_engine`."""
    vectors = TextVectors(dimensions=dimensions, seed=seed)
    identity = seeded_identity(dimensions=dimensions, seed=seed)
    return lambda inner: SeededEmbedder(inner, vectors=vectors, identity=identity, log=log)


class ForwardLog:
    """A file that says of every text how long the forward pass took that it went through.

    Written at once, so that another process can read it at any time.
    """

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, texts: Sequence[str], seconds: float) -> None:
        """All of these went through one pass of so many *seconds*."""
        records = np.empty(len(texts), _RECORD)
        records["text"] = [text_number(text) for text in texts]
        records["seconds"] = seconds
        os.write(self._descriptor, records.tobytes())


def read_forward_log(file: Path) -> Mapping[int, float]:
    """Milliseconds of the last pass of each text, by `text_number`; empty without a file."""
    if not file.is_file():
        return {}
    records: npt.NDArray[np.void] = np.fromfile(file, _RECORD)
    return dict(zip(records["text"].tolist(), (1_000 * records["seconds"]).tolist(), strict=True))


def text_number(text: str) -> int:
    """64 bits of a digest of the text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
