"""The vectors of given entries, and how near they are to a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.index.vectors.halves import widened
from memory_service.index.vectors.places import distinct, starts
from memory_service.index.vectors.scoring import best_of_each, exact
from memory_service.model.read import DenseLeg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.index.vectors.part import Part
    from memory_service.index.vectors.places import Picks
    from memory_service.index.vectors.vector_file import VectorFile
    from memory_service.model.read import Ordinals, Parts
    from memory_service.protocols import Vector, Vectors


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gathered:
    """The passages of *ordinals*, which rise, each with its owner's place among these.

    Passages lie by owner and part; an ordinal that is not alive has none.
    """

    ordinals: Ordinals
    owners: Picks
    parts: Parts
    vectors: Vectors

    @classmethod
    def of(cls, ordinals: Ordinals, parts: Sequence[Part], file: VectorFile) -> Gathered:
        """All live passages of these distinct ordinals, of which each lies in one of *parts*."""
        found = [(part.places, *part.owned(ordinals)) for part in parts if len(part)]
        rows = [places.rows[picks] for places, picks, _ in found if len(picks)]
        numbers = [places.parts[picks] for places, picks, _ in found if len(picks)]
        owners = [owned for _, _, owned in found if len(owned)]
        if not rows:
            nothing = np.empty((0, file.dimensions), np.float32)
            return cls(ordinals=ordinals, owners=_NONE, parts=_NO_PARTS, vectors=nothing)
        order = slice(None) if len(owners) == 1 else np.concatenate(owners).argsort(kind="stable")
        return cls(
            ordinals=ordinals,
            owners=np.concatenate(owners)[order],
            parts=np.concatenate(numbers)[order],
            vectors=widened(file.gather(np.concatenate(rows)[order])),
        )

    def scored(self, query: Vector) -> DenseLeg:
        """The exact cosine of each ordinal's best passage, and the vectors of `single`.

        Of two passages that score the same, the first counts.
        """
        cosines, owners = exact(self.vectors, query), self.owners
        parts = self.parts
        if len(starts(owners)) < len(owners):
            best = best_of_each(owners, cosines)
            cosines, owners, parts = cosines[best], owners[best], parts[best]
        scores = np.full(len(self.ordinals), np.nan)
        scores[owners] = cosines
        numbers = np.full(len(self.ordinals), -1, np.int32)
        numbers[owners] = parts
        return DenseLeg(ordinals=self.ordinals, scores=scores, parts=numbers, vectors=self.single())

    def single(self) -> Vectors:
        """The vector of each ordinal; a row of NaN for one without any, or with several."""
        first = starts(self.owners)
        if len(first) == len(self.owners) == len(self.ordinals):
            return self.vectors
        found = np.full((len(self.ordinals), self.vectors.shape[1]), np.nan, np.float32)
        alone = first[np.diff(first, append=len(self.owners)) == 1]
        found[self.owners[alone]] = self.vectors[alone]
        return found


def rising(ordinals: Ordinals) -> tuple[Ordinals, Picks | None]:
    """These sorted, each once, and where each of *ordinals* is; `None` if they are so already."""
    if np.all(ordinals[:-1] < ordinals[1:]):
        return ordinals, None
    asked = distinct(ordinals)
    return asked, asked.searchsorted(ordinals)


_NONE = np.empty(0, np.intp)
_NO_PARTS = np.empty(0, np.int32)
