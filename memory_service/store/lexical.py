"""The full-text index: what the postings say of a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.model.read import Masks, Ordinals, Scores
    from memory_service.store.connection import Database

#: A match says of at most so many of a query's terms whether they are held.
MASKED_TERMS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Bm25:
    """The two constants of BM25: how soon repeats stop counting, how much length counts."""

    k1: float
    b: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceStatistics:
    """What scoring needs to know of a namespace: live entries and their mean length in terms."""

    entries: int
    average_length: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matches:
    """Entries with their scores; bit *i* of a mask says that the *i*-th term is held."""

    ordinals: Ordinals
    scores: Scores
    masks: Masks

    def of(self, chosen: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Matches:
        """Those that an index array or a mask chooses."""
        return Matches(
            ordinals=self.ordinals[chosen], scores=self.scores[chosen], masks=self.masks[chosen]
        )

    def held(self, terms: int) -> list[int]:
        """How many of them hold each of the first *terms*."""
        return [int(np.count_nonzero(self.masks & np.uint64(1 << bit))) for bit in range(terms)]

    def renumbered(self, order: Sequence[int]) -> Matches:
        """The same with bit *i* for what was term `order[i]`."""
        masks = np.zeros_like(self.masks)
        for bit, before in enumerate(order[:MASKED_TERMS]):
            if before < MASKED_TERMS:
                held = (self.masks >> np.uint64(before)) & np.uint64(1)
                masks |= held << np.uint64(bit)
        return Matches(ordinals=self.ordinals, scores=self.scores, masks=masks)

    def aligned(self, ordinals: Ordinals) -> Matches:
        """Of these, which are sorted, the matches of *ordinals* in their order; 0 without one."""
        scores = np.zeros(len(ordinals), np.float64)
        masks = np.zeros(len(ordinals), np.uint64)
        places = np.searchsorted(self.ordinals, ordinals)
        hit = np.flatnonzero(places < len(self.ordinals))
        hit = hit[self.ordinals[places[hit]] == ordinals[hit]]
        scores[hit], masks[hit] = self.scores[places[hit]], self.masks[places[hit]]
        return Matches(ordinals=ordinals, scores=scores, masks=masks)


#: No entry matches.
NO_MATCHES = Matches(
    ordinals=np.empty(0, np.int64), scores=np.empty(0, np.float64), masks=np.empty(0, np.uint64)
)


class Postings:
    """Asks the postings of one namespace, whose statistics are given."""

    def __init__(self, database: Database, statistics: NamespaceStatistics, bm25: Bm25) -> None:
        self._database = database
        average = statistics.average_length or 1.0
        self._entries = statistics.entries
        self._saturation = bm25.k1 * (1 - bm25.b)
        self._slope = bm25.k1 * bm25.b / average

    def matches(self, terms: Sequence[int], counts: Sequence[int], limit: int) -> Matches:
        """The *limit* best entries that hold one of *terms*, by falling score, then ordinal."""
        found = self._database.columns(
            statement("bm25"),
            {
                "terms": list(terms),
                "counts": [float(count) for count in counts],
                "bits": _bits(len(terms)),
                "entries": self._entries,
                "saturation": self._saturation,
                "slope": self._slope,
                "limit": limit,
            },
        )
        return _matches(found)

    def scores_of(
        self, terms: Sequence[int], weights: Sequence[float], ordinals: Ordinals
    ) -> Matches:
        """Those of *ordinals* that hold one of *terms*, weighed by count and idf; in any order."""
        found = self._database.columns(
            statement("bm25_of"),
            {
                "terms": list(terms),
                "weights": list(weights),
                "bits": _bits(len(terms)),
                "ordinals": ordinals.tolist(),
                "saturation": self._saturation,
                "slope": self._slope,
            },
        )
        return _matches(found)

    def entries_with(self, terms: Sequence[int]) -> list[int]:
        """In how many live entries each of *terms* stands."""
        rows = self._database.rows(statement("entries_with"), {"terms": list(terms)})
        counted = dict(rows)
        return [min(counted.get(term, 0), self._entries) for term in terms]


def _bits(terms: int) -> list[int]:
    return [1 << place if place < MASKED_TERMS else 0 for place in range(terms)]


def _matches(found: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]) -> Matches:
    return Matches(
        ordinals=found["seq"].astype(np.int64),
        scores=found["score"].astype(np.float64),
        masks=found["mask"].astype(np.uint64),
    )
