"""The vectors that everybody is given, so that no system's time or quality is its model's.

An entry has one vector, that of the first window of its contextual key, and a question one.  Our
engine, which would embed every window of a long text, gets the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.batches import batches
from benchmarks.peers_asking import Asked, Entries
from benchmarks.progress import progress
from memory_service.model.entry import Span, contextual_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.datasets import Dataset
    from memory_service.protocols import Embedder, EmbedderIdentity, Vector, Vectors

_BATCH = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Given:
    """A set, its entries in the order of the set, and its questions."""

    dataset: Dataset
    entries: Entries
    asked: tuple[Asked, ...]

    def vectors(self) -> dict[str, Vector]:
        """The vector of every text, an entry's or a question's."""
        known = dict(zip(self.entries.texts, self.entries.vectors, strict=True))
        return known | {one.text: one.vector for one in self.asked}


def give(dataset: Dataset, embedder: Embedder) -> Given:
    """Embed the set's entries and questions, each by its first window."""
    keys = [contextual_key(placed.draft) for placed in dataset.entries]
    first = [_first_window(embedder, key.header, key.body) for key in keys]
    questions = [_first_window(embedder, "", asked.text) for asked in dataset.questions]
    vectors = _embed(embedder, [*first, *questions], label=f"{dataset.name}: embed")
    present = dataset.last_events()
    return Given(
        dataset=dataset,
        entries=Entries(
            ids=tuple(placed.draft.id for placed in dataset.entries),
            namespaces=tuple(placed.namespace for placed in dataset.entries),
            texts=tuple(key.text for key in keys),
            vectors=vectors[: len(first)],
        ),
        asked=tuple(
            Asked(question=question, vector=vector, now=present.get(question.namespace))
            for question, vector in zip(dataset.questions, vectors[len(first) :], strict=True)
        ),
    )


class GivenEmbedder:
    """A model that finds its vectors instead of making them; any text is one window to it.

    Args:
        inner: The model they came from, which embeds a text that is not among them.
        vectors: The vectors by text.
    """

    def __init__(self, inner: Embedder, vectors: Mapping[str, Vector]) -> None:
        self._inner = inner
        self._vectors = vectors

    @property
    def identity(self) -> EmbedderIdentity:
        """That of the model: what it fitted and measured holds for these vectors too."""
        return self._inner.identity

    def windows(self, header: str, body: str) -> list[Span]:  # noqa: ARG002  # as an Embedder
        """The whole body."""
        return [Span(start=0, stop=len(body))]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The vector of each text, in order."""
        missing = [text for text in texts if text not in self._vectors]
        fresh = dict(zip(missing, self._inner.embed(missing), strict=True)) if missing else {}
        rows = [fresh[text] if text in fresh else self._vectors[text] for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.identity.dimensions), np.float32)

    def close(self) -> None:
        """Close the model."""
        self._inner.close()


def write_vectors(file: Path, asked: Sequence[Asked]) -> None:
    """Keep the questions' vectors for another process."""
    texts = np.array([one.text for one in asked])
    np.savez(file, texts=texts, vectors=np.stack([one.vector for one in asked]))


def read_vectors(file: Path) -> dict[str, Vector]:
    """The vectors of a file that `write_vectors` wrote, by text."""
    with np.load(file, allow_pickle=False) as kept:
        return dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))


def _first_window(embedder: Embedder, header: str, body: str) -> str:
    span = embedder.windows(header, body)[0]
    return header + body[span.start : span.stop]


def _embed(embedder: Embedder, texts: Sequence[str], *, label: str) -> Vectors:
    with progress(label, len(texts)) as advance:
        parts = []
        for batch in batches(texts, _BATCH):
            parts.append(embedder.embed(batch))
            advance(len(batch))
    return np.concatenate(parts)
