"""What BM25 is made of, and what it says of entries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from memory_service.model.read import Flags, Masks, Ordinals, Scores
    from memory_service.model.selection import Selection

#: A match says of at most so many of a query's terms whether they are held.
MASKED_TERMS = 64
#: Scores are rounded to so many places: the order of summing must not decide between equals.
PLACES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Bm25:
    """The two constants: how soon repeats stop counting, how much length counts (0 to 1)."""

    k1: float
    b: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """BM25 over a namespace of `entries` live entries whose mean length is `average_length` terms.

    A term that n of them hold weighs idf = ln(1 + (N - n + .5) / (n + .5)), and an entry that
    holds it tf times gets idf · tf / (tf + k1 · (1 - b + b · length / average)): Robertson and
    Zaragoza, The Probabilistic Relevance Framework (2009), with the idf of Lucene, which is never
    negative, and without the factor (k1 + 1), which changes no order.
    """

    constants: Bm25
    entries: int
    average_length: float

    @property
    def saturation(self) -> float:
        """k1 · (1 - b)."""
        return self.constants.k1 * (1 - self.constants.b)

    @property
    def slope(self) -> float:
        """k1 · b / average; an average of 0 counts as 1."""
        return self.constants.k1 * self.constants.b / (self.average_length or 1.0)

    def held(self, entries: int) -> int:
        """How many hold a term: never more than there are, whatever is on its way in."""
        return min(entries, self.entries)

    def idf(self, entries: int) -> float:
        """What a term weighs that so many entries hold."""
        held = self.held(entries)
        return math.log(1 + (self.entries - held + 0.5) / (held + 0.5))


class Sight(Protocol):
    """Which entries a search may bring."""

    @property
    def allowed(self) -> Selection | None:
        """What a filter lets through; everything if `None`."""
        ...

    @property
    def expired(self) -> int:
        """How many entries are hidden though their postings are there, about."""
        ...

    def alive(self, ordinals: Ordinals) -> Flags:
        """Which of these may come out as far as the filter is not concerned."""
        ...

    def passing(self, ordinals: Ordinals) -> Flags:
        """Which of these are alive and pass the filter."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matches:
    """Entries with their scores, rounded to nine places.

    Bit *i* of a mask says that the query's *i*-th rarest term is held, of the first 64.
    """

    ordinals: Ordinals
    scores: Scores
    masks: Masks

    def of(self, chosen: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Matches:
        """Those that an index array or a mask chooses."""
        return Matches(
            ordinals=self.ordinals[chosen], scores=self.scores[chosen], masks=self.masks[chosen]
        )

    def best(self, k: int) -> Matches:
        """The *k* best by falling score, ties by ordinal."""
        return self.of(np.lexsort((self.ordinals, -self.scores))[:k])

    def aligned(self, ordinals: Ordinals) -> Matches:
        """The same with a row for each of *ordinals*, which hold all of these; all rise."""
        scores, masks = np.zeros(len(ordinals)), np.zeros(len(ordinals), np.uint64)
        places = ordinals.searchsorted(self.ordinals)
        scores[places], masks[places] = self.scores, self.masks
        return Matches(ordinals=ordinals, scores=scores, masks=masks)


#: No entry matches.
NO_MATCHES = Matches(
    ordinals=np.empty(0, np.int64), scores=np.empty(0, np.float64), masks=np.empty(0, np.uint64)
)


def bits(terms: int) -> Masks:
    """The bit of each of so many terms, rarest first; 0 beyond the first 64."""
    values = [1 << place if place < MASKED_TERMS else 0 for place in range(terms)]
    return np.array(values, np.uint64)
