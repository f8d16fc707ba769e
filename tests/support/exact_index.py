"""The oracle of every vector index: a dict, and one exactly rounded sum per vector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.read import DenseLeg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from memory_service.model.read import Ordinals, Parts
    from memory_service.model.selection import Selection
    from memory_service.protocols import Vector, Vectors

Score = tuple[float, int]


class ExactIndex:
    """`VectorIndex` as its contract reads, and nothing for speed."""

    def __init__(self, *, dimensions: int) -> None:
        self._dimensions = dimensions
        self._passages: dict[int, list[tuple[int, Vector]]] = {}

    def copied(self) -> ExactIndex:
        """Another one with the same vectors."""
        copy = ExactIndex(dimensions=self._dimensions)
        copy._passages = dict(self._passages)
        return copy

    def vector(self, ordinal: int, part: int) -> Vector:
        """One vector; zeros if it is not there."""
        found = dict(self._passages.get(ordinal, []))
        return found.get(part, np.zeros(self._dimensions, np.float32))

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self._dimensions

    def __len__(self) -> int:
        return len(self._passages)

    def add(self, ordinals: Ordinals, parts: Parts, vectors: Vectors) -> None:
        """Add vectors, all of an ordinal at once."""
        added: dict[int, list[tuple[int, Vector]]] = {}
        for ordinal, part, vector in zip(ordinals, parts, vectors, strict=True):
            added.setdefault(int(ordinal), []).append((int(part), vector))
        self._passages = self._passages | added

    def remove(self, ordinals: Ordinals) -> None:
        """Take these out."""
        gone = set(ordinals.tolist())
        self._passages = {key: rows for key, rows in self._passages.items() if key not in gone}

    def search(self, query: Vector, k: int, *, allowed: Selection | None = None) -> DenseLeg:
        """Score everything, sort, cut."""
        among = None if allowed is None else set(allowed.ordinals.tolist())
        scores = {
            ordinal: _best(rows, query)
            for ordinal, rows in self._passages.items()
            if among is None or ordinal in among
        }
        best = sorted(scores, key=lambda ordinal: (-scores[ordinal][0], ordinal))[: max(k, 0)]
        return _leg(best, [scores[ordinal] for ordinal in best])

    def score(self, query: Vector, ordinals: Ordinals) -> DenseLeg:
        """Score these alone."""
        passages = self._passages
        return _leg(
            ordinals.tolist(),
            [
                _best(passages[ordinal], query) if ordinal in passages else (math.nan, -1)
                for ordinal in ordinals.tolist()
            ],
        )

    def vectors(self, ordinals: Ordinals) -> Vectors:
        """The vectors of these, where there is exactly one."""
        rows = [self._passages.get(ordinal, []) for ordinal in ordinals.tolist()]
        nothing = np.full(self._dimensions, np.nan, np.float32)
        single = [found[0][1] if len(found) == 1 else nothing for found in rows]
        return np.array(single, np.float32).reshape(len(rows), self._dimensions)


def _best(rows: list[tuple[int, Vector]], query: Vector) -> Score:
    score, part = min((-_cosine(vector, query), part) for part, vector in rows)
    return -score, part


def _cosine(vector: Vector, query: Vector) -> float:
    products = (float(a) * float(b) for a, b in zip(vector, query, strict=True))
    return max(-1.0, min(1.0, math.fsum(products)))


def _leg(ordinals: Iterable[int], scores: list[Score]) -> DenseLeg:
    return DenseLeg(
        ordinals=np.array(list(ordinals), np.int64),
        scores=np.array([score for score, _ in scores], np.float64),
        parts=np.array([part for _, part in scores], np.int32),
    )
