"""A benchmark-only embedder: it takes the model's time and gives vectors of its own.

So the whole path is measured at a million entries without hours of embedding them: entries are
filled in with the vectors that this embedder would give them, and a query costs what the real
forward pass costs.  A vector depends on its text, the seed and the dimensions alone, so stores
outlive the model they are measured with.
"""

from __future__ import annotations

import os
import time
from functools import lru_cache
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

    Numbers = npt.NDArray[np.float32]

_NAME = "seeded"
#: What is declared as the window; texts of benchmarks are shorter.
_WINDOW = 256
#: A tree of topics, its steps and its noise: those of `seeded_vectors`, which says why.
_BRANCHES = (40, 10, 10, 10)
_STEP, _COMMON, _DECAY, _TAIL = 0.4, 0.2, 0.45, 1.5
_NOISE = (0.3, 0.8)
#: Topics kept in memory by a daemon, and by who draws vectors by the million.
_TOPICS_KEPT = 2_048
ALL_TOPICS = 50_000
_RECORD = np.dtype([("text", "<u8"), ("seconds", "<f8")])


class TextVectors:
    """Clustered unit vectors of texts, of the kind that `seeded_vectors` makes in blocks.

    Each is a leaf of a tree of topics, drawn by the text, and noise of the text's own.  Topics
    are drawn when they are met, so that a daemon neither waits for them nor keeps them all.

    Args:
        dimensions: Length of every vector.
        seed: Of the topics.
        topics_kept: How many stay in memory; of all 44,440, each is drawn once.
    """

    def __init__(self, *, dimensions: int, seed: int, topics_kept: int = _TOPICS_KEPT) -> None:
        self._seed = seed
        self._dimensions = dimensions
        weights = np.arange(1, dimensions + 1) ** -_DECAY
        self._weights = (weights / np.linalg.norm(weights)).astype(np.float32)
        chance = np.random.default_rng([seed, dimensions])
        sizes = chance.pareto(_TAIL, int(np.prod(_BRANCHES))) + 1
        self._shares = np.cumsum(sizes / sizes.sum())
        self._signs = chance.choice(np.array([-1.0, 1.0], np.float32), dimensions)
        self._topic = lru_cache(maxsize=topics_kept)(self._drawn_topic)

    def of(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, shape `(len(texts), dimensions)`."""
        rows = np.empty((len(texts), self._dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            chance = _chance(blake2b(text.encode(), digest_size=8), self._seed)
            chance.standard_normal(dtype=np.float32, out=row)
            row *= self._weights * np.float32(chance.uniform(*_NOISE))
            row += self._centre(int(np.searchsorted(self._shares, chance.random())))
        # Weights fall along the axes; Hartley's transform, which is orthogonal, turns them off.
        turned = np.fft.fft(rows * self._signs)
        return _unit((turned.real - turned.imag).astype(np.float32))

    def _centre(self, leaf: int) -> Numbers:
        """Of a leaf: a step for each topic on the way to it, after what all share."""
        centre = _COMMON * self._topic(-1, 0)
        below = self._shares.size
        for level, branches in enumerate(_BRANCHES):
            below //= branches
            centre = centre + _STEP * self._topic(level, leaf // below)
        return centre

    def _drawn_topic(self, level: int, number: int) -> Numbers:
        mark = blake2b(f"{level}/{number}".encode(), digest_size=8, person=b"topic")
        return _unit(
            _chance(mark, self._seed).standard_normal(self._dimensions, dtype=np.float32)
            * self._weights
        )


def _chance(mark: blake2b, seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(int.from_bytes(mark.digest()) ^ seed))


def _unit(vectors: Numbers) -> Numbers:
    unit: Numbers = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


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
