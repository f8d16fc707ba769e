"""Vectors with the ordinal and part each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from memory_service.model.read import Ordinals, Parts
    from memory_service.protocols import Vectors

    RowNumbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Rows sorted by ordinal, then part; never changed once they are made."""

    ordinals: Ordinals
    parts: Parts
    vectors: Vectors

    @classmethod
    def empty(cls, dimensions: int) -> Self:
        """No rows of that many dimensions."""
        return cls(
            ordinals=np.empty(0, np.int64),
            parts=np.empty(0, np.int32),
            vectors=np.empty((0, dimensions), np.float32),
        )

    def __len__(self) -> int:
        return len(self.ordinals)

    def of(self, ordinals: Ordinals) -> RowNumbers:
        """The rows of these sorted, distinct ordinals, ascending; unknown ones have none."""
        first = np.searchsorted(self.ordinals, ordinals, "left")
        counts = np.searchsorted(self.ordinals, ordinals, "right") - first
        before = np.cumsum(counts) - counts
        return np.repeat(first - before, counts) + np.arange(counts.sum())

    def holds(self, ordinals: Ordinals) -> npt.NDArray[np.bool_]:
        """Which of these have a row here."""
        if not len(self):
            return np.zeros(len(ordinals), np.bool_)
        place = np.searchsorted(self.ordinals, ordinals).clip(max=len(self) - 1)
        return np.asarray(self.ordinals[place] == ordinals)

    def take(self, rows: RowNumbers) -> Rows:
        """A copy of these ascending rows."""
        return Rows(
            ordinals=self.ordinals[rows], parts=self.parts[rows], vectors=self.vectors[rows]
        )

    def merged(self, other: Rows) -> Rows:
        """A copy of both together, sorted."""
        ordinals = np.concatenate([self.ordinals, other.ordinals])
        parts = np.concatenate([self.parts, other.parts])
        order = np.lexsort((parts, ordinals))
        vectors = np.concatenate([self.vectors, other.vectors])
        if np.all(order[:-1] < order[1:]):
            return Rows(ordinals=ordinals, parts=parts, vectors=vectors)
        return Rows(ordinals=ordinals[order], parts=parts[order], vectors=vectors[order])


def starts(ordinals: Ordinals) -> RowNumbers:
    """Where each ordinal begins in a sorted array of them."""
    fresh = np.ones(len(ordinals), np.bool_)
    fresh[1:] = ordinals[1:] != ordinals[:-1]
    return np.flatnonzero(fresh)
