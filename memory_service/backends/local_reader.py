"""A namespace of a local backend under one filter, for one recall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.backends.dense_reading import DenseReading
from memory_service.backends.lexical_reading import LexicalReading
from memory_service.backends.seen import Seen
from memory_service.store.catalogue.picking import newest, sample
from memory_service.store.catalogue.surroundings import around, surroundings_of, with_neighbours
from memory_service.store.payload import instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from memory_service.backends.lexical_reading import LexicalSources
    from memory_service.backends.local_records import LocalRecords
    from memory_service.backends.local_vectors import LocalVectors
    from memory_service.model.entry import Entry
    from memory_service.model.filters import Filter
    from memory_service.model.read import (
        DenseLeg,
        Fetched,
        LexicalLeg,
        LexicalQuery,
        Ordinals,
        Scores,
        Surroundings,
    )
    from memory_service.protocols import Vector, Vectors
    from memory_service.store.catalogue.catalogue import Shelf
    from memory_service.store.filtering.budget import FilterColumns


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSources:
    """Where a reader gets its answers."""

    vectors: LocalVectors
    records: LocalRecords
    filters: FilterColumns
    lexical: LexicalSources


class LocalReader:
    """Answers for one namespace; thread-safe.

    The statistics are those of the moment it was opened.  Entries that have expired and wait for
    the sweep still count in them.
    """

    def __init__(
        self, sources: ReaderSources, shelf: Shelf, *, filter: Filter | None, now: datetime
    ) -> None:
        self._filters = sources.filters
        self._records = sources.records
        self._shelf = shelf
        self._opened = now
        self._seen = Seen(
            shelf=shelf,
            now=instant(now),
            allowed=sources.filters.select(shelf.number, filter) if filter else None,
            expired=shelf.expired(instant(now)),
        )
        self._lexical = LexicalReading(sources.lexical, self._seen)
        self._dense = DenseReading(sources.vectors, self._seen)

    def lexical(self, text: str, depth: int) -> LexicalLeg:
        """The *depth* best entries by BM25 with a score above 0."""
        return self._lexical.best(text, depth)

    def score_lexical(self, query: LexicalQuery, ordinals: Ordinals) -> LexicalLeg:
        """The exact BM25 scores of these, in their order; 0 where nothing matches."""
        return self._lexical.score(query, ordinals)

    def dense(self, vector: Vector, depth: int) -> DenseLeg:
        """The *depth* best entries by cosine."""
        return self._dense.best(vector, depth)

    def score_dense(self, vector: Vector, ordinals: Ordinals) -> DenseLeg:
        """The exact cosines of these, in their order; NaN where there is no vector."""
        return self._dense.score(vector, ordinals)

    def vectors(self, ordinals: Ordinals) -> Vectors:
        """The vectors of these in their order; a row of NaN for one that has not exactly one."""
        return self._dense.vectors(ordinals)

    def waiting(self) -> int:
        """How many of the namespace's entries wait for their vectors."""
        return self._shelf.pending

    def recent(self, limit: int) -> Ordinals:
        """The entries written last, newest first."""
        found = np.empty(0, np.int64)
        for block in newest(self._shelf.columns):
            found = np.append(found, block[self._seen.passing(block)])[:limit]
            if len(found) == limit:
                break
        return found

    def ids(self, ordinals: Ordinals) -> list[str]:
        """The ids of these, from memory; an unknown ordinal gives an empty string."""
        return self._shelf.ids(ordinals)

    def fetch(self, ordinals: Ordinals) -> list[Fetched | None]:
        """These entries in order, with their passages' spans; `None` for one that is gone."""
        found = self._records.fetch(self._shelf, ordinals.tolist())
        return [
            None if each is None or each.entry.expired(self._opened) else each for each in found
        ]

    def neighbours(self, ordinal: int, before: int, after: int) -> list[Entry]:
        """The entries around this one in its session, in order, itself left out."""
        found = around(
            self._shelf.columns,
            np.array([ordinal]),
            before=before,
            after=after,
            now=self._seen.now,
            allowed=None,
        )
        return self._records.entries(self._shelf, found[0].tolist())

    def sample(self, count: int) -> Ordinals:
        """At most *count* entries, evenly spread over the namespace; see `Reader`."""
        return sample(self._shelf.columns, count, self._seen.now)

    def surroundings(self, ordinals: Ordinals) -> Surroundings:
        """What a ranking may know of these; see `Reader`."""
        columns = self._shelf.columns
        return surroundings_of(columns, ordinals, now=self._seen.now, allowed=self._seen.allowed)

    def with_neighbours(self, ordinals: Ordinals) -> Surroundings:
        """The same of these and of what is one step away; see `Reader`."""
        columns = self._shelf.columns
        return with_neighbours(columns, ordinals, now=self._seen.now, allowed=self._seen.allowed)

    def around(self, ordinals: Ordinals, reach: int) -> list[Ordinals]:
        """For each of these, what is at most *reach* steps away in its session; see `Reader`."""
        return around(
            self._shelf.columns,
            ordinals,
            before=reach,
            after=reach,
            now=self._seen.now,
            allowed=self._seen.allowed,
        )

    def numbers(self, ordinals: Ordinals, names: Sequence[str]) -> Scores:
        """The numbers in the metadata of these by row and name; NaN where there is none."""
        numbers = self._filters.numbers(self._shelf.number, ordinals, names)
        numbers[~self._seen.alive(ordinals)] = np.nan
        return numbers
