"""A namespace of a local backend under one filter, for one recall."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.read import (
    DenseLeg,
    LexicalLeg,
    LexicalQuery,
    QueryTerm,
)
from memory_service.store.lexical import (
    MASKED_TERMS,
    NO_MATCHES,
    Matches,
    NamespaceStatistics,
    Postings,
)
from memory_service.store.payload import instant
from memory_service.store.queries import (
    allowed,
    fetch_entries,
    fetch_passages,
    numbers_of,
)
from memory_service.store.surroundings import around, surroundings_of
from memory_service.store.tables import term_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from memory_service.backends.local_vectors import LocalVectors
    from memory_service.index.analyser import Analyser
    from memory_service.index.faiss_index import FaissIndex
    from memory_service.model.entry import Entry
    from memory_service.model.filters import Filter
    from memory_service.model.read import Fetched, Ordinals, Scores, Surroundings
    from memory_service.protocols import Vector, Vectors
    from memory_service.store.catalogue import Shelf
    from memory_service.store.connection import Database
    from memory_service.store.lexical import Bm25


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSources:
    """Where a reader gets its answers.

    Up to `whole_matches` entries that match a query are kept with their scores, so that scores
    asked for afterwards need no second look at the postings.
    """

    database: Database
    vectors: LocalVectors
    analyser: Analyser
    bm25: Bm25
    whole_matches: int


class LocalReader:
    """Answers for one namespace; thread-safe.

    The statistics are those of the moment it was opened.  Entries that have expired and wait for
    the sweep still count in them.
    """

    def __init__(
        self, sources: ReaderSources, shelf: Shelf, *, filter: Filter | None, now: datetime
    ) -> None:
        self._sources = sources
        self._shelf = shelf
        self._now = instant(now)
        self._opened = now
        entries, terms = shelf.entries, shelf.terms
        self._statistics = NamespaceStatistics(
            entries=entries, average_length=terms / entries if entries else 0.0
        )
        self._postings = Postings(sources.database, self._statistics, sources.bm25)
        self._expired = len(shelf.expired(self._now))
        self._allowed = allowed(sources.database, shelf, filter) if filter else None
        self._whole: dict[LexicalQuery, Matches] = {}

    def lexical(self, text: str, depth: int) -> LexicalLeg:
        """The *depth* best entries by BM25 with a score above 0."""
        asked = self._asked(text)
        if not asked:
            return _leg(LexicalQuery(terms=(), bound=0.0), NO_MATCHES)
        limit = self._limit(depth)
        found = self._postings.matches(
            [self._key(term.term) for term in asked], [term.count for term in asked], limit
        )
        whole = len(found.ordinals) < limit
        query, order = self._query(asked, found if whole else None)
        found = found.renumbered(order)
        if whole:
            self._whole[query] = found.of(np.argsort(found.ordinals))
        return _leg(query, self._best(found, depth))

    def _best(self, found: Matches, depth: int) -> Matches:
        """The first *depth* that may be seen; most often they are among the very first."""
        first = found.of(np.arange(min(depth + self._expired, len(found.ordinals))))
        seen = first.of(self._seen(first.ordinals) & (first.scores > 0))
        if len(seen.ordinals) < depth:
            seen = found.of(self._seen(found.ordinals) & (found.scores > 0))
        return seen.of(np.arange(min(depth, len(seen.ordinals))))

    def _asked(self, text: str) -> list[QueryTerm]:
        """The distinct terms of a query as they come; with too many, rarest first."""
        words = self._sources.analyser.query_terms(text)
        counts = Counter(word.term for word in words)
        spelling = {word.term: word.word for word in reversed(words)}
        asked = [
            QueryTerm(word=spelling[term], term=term, count=count, idf=0.0, entries=0)
            for term, count in counts.items()
        ]
        if len(asked) > MASKED_TERMS:
            entries = self._postings.entries_with([self._key(term.term) for term in asked])
            order = np.argsort(entries, kind="stable")
            asked = [asked[place] for place in order]
        return asked

    def _limit(self, depth: int) -> int:
        """So many matches hold *depth* that may be seen, whatever is filtered out."""
        whole = self._sources.whole_matches
        if self._allowed is not None:
            return max(whole, self._shelf.entries + 1)
        return max(whole, depth + self._expired)

    def _query(
        self, asked: list[QueryTerm], whole: Matches | None
    ) -> tuple[LexicalQuery, list[int]]:
        """The query with its figures, rarest term first, and where each term stood before."""
        if whole is not None and len(asked) <= MASKED_TERMS:
            entries = whole.held(len(asked))
        else:
            entries = self._postings.entries_with([self._key(term.term) for term in asked])
        order = sorted(range(len(asked)), key=lambda place: entries[place])
        terms = tuple(self._known(asked[place], entries[place]) for place in order)
        bound = sum(term.idf * term.count for term in terms)
        return LexicalQuery(terms=terms, bound=bound), order

    def _known(self, term: QueryTerm, entries: int) -> QueryTerm:
        total = self._statistics.entries
        held = min(entries, total)
        idf = math.log(1 + (total - held + 0.5) / (held + 0.5))
        return QueryTerm(word=term.word, term=term.term, count=term.count, idf=idf, entries=held)

    def _key(self, term: str) -> int:
        return term_key(self._shelf.number, term)

    def _seen(self, ordinals: Ordinals) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Which of these are alive and pass the filter."""
        alive = self._shelf.alive(ordinals, self._now)
        return alive if self._allowed is None else alive & np.isin(ordinals, self._allowed)

    def score_lexical(self, query: LexicalQuery, ordinals: Ordinals) -> LexicalLeg:
        """The exact BM25 scores of these, in their order; 0 where nothing matches."""
        if not query.terms or not len(ordinals):
            return _leg(query, NO_MATCHES.aligned(ordinals))
        found = self._whole.get(query)
        if found is None:
            keys = [self._key(term.term) for term in query.terms]
            weights = [term.idf * term.count for term in query.terms]
            found = self._postings.scores_of(keys, weights, ordinals)
            found = found.of(np.argsort(found.ordinals))
        found = found.aligned(ordinals)
        alive = self._shelf.alive(ordinals, self._now)
        return LexicalLeg(
            ordinals=ordinals,
            scores=np.where(alive, found.scores, 0.0),
            matched=np.where(alive, found.masks, np.uint64(0)),
            query=query,
        )

    def _index(self) -> FaissIndex | None:
        return self._sources.vectors.index(self._shelf.number)

    def dense(self, vector: Vector, depth: int) -> DenseLeg:
        """The *depth* best entries by cosine."""
        index = self._index()
        if index is None:
            return _NO_VECTORS
        asked = depth + self._expired
        leg = index.search(vector, asked, allowed=self._allowed)
        alive = self._alive_rows(leg)
        if len(alive) < depth and len(leg.ordinals) == asked:
            # Versions that are on their way in or out stood before others: look at all.
            leg = index.search(vector, len(index), allowed=self._allowed)
            alive = self._alive_rows(leg)
        best = alive[:depth]
        return DenseLeg(ordinals=leg.ordinals[best], scores=leg.scores[best], parts=leg.parts[best])

    def _alive_rows(self, leg: DenseLeg) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        return np.flatnonzero(self._shelf.alive(leg.ordinals, self._now))

    def score_dense(self, vector: Vector, ordinals: Ordinals) -> DenseLeg:
        """The exact cosines of these, in their order; NaN where there is no vector."""
        index = self._index()
        if index is None:
            missing = np.full(len(ordinals), np.nan)
            return DenseLeg(
                ordinals=ordinals, scores=missing, parts=np.full(len(ordinals), -1, np.int32)
            )
        leg = index.score(vector, ordinals)
        alive = self._shelf.alive(ordinals, self._now)
        return DenseLeg(
            ordinals=ordinals,
            scores=np.where(alive, leg.scores, np.nan),
            parts=np.where(alive, leg.parts, -1).astype(np.int32),
        )

    def recent(self, limit: int) -> Ordinals:
        """The entries written last, newest first."""
        live = np.array(sorted(self._shelf.by_ordinal.copy(), reverse=True), np.int64)
        return live[self._seen(live)][:limit]

    def ids(self, ordinals: Ordinals) -> list[str]:
        """The ids of these, from memory; an unknown ordinal gives an empty string."""
        slots = [self._shelf.at(ordinal) for ordinal in ordinals.tolist()]
        return [slot.id if slot else "" for slot in slots]

    def fetch(self, ordinals: Ordinals) -> list[Fetched | None]:
        """These entries in order, with their passages' spans; `None` for one that is gone."""
        found = fetch_passages(self._sources.database, self._shelf, ordinals.tolist())
        return [
            None if each is None or each.entry.expired(self._opened) else each for each in found
        ]

    def neighbours(self, ordinal: int, before: int, after: int) -> list[Entry]:
        """The entries around this one in its session, in order, itself left out."""
        beside = around(
            self._shelf.columns.view,
            np.array([ordinal]),
            before=before,
            after=after,
            now=self._now,
            allowed=None,
        )
        return fetch_entries(self._sources.database, self._shelf, beside[0].tolist())

    def sample(self, count: int) -> Ordinals:
        """At most *count* entries, evenly spread over the namespace; see `Reader`."""
        return self._shelf.columns.view.sample(count, self._now)

    def surroundings(self, ordinals: Ordinals) -> Surroundings:
        """What a ranking may know of these; see `Reader`."""
        view = self._shelf.columns.view
        return surroundings_of(view, ordinals, now=self._now, allowed=self._allowed)

    def around(self, ordinals: Ordinals, reach: int) -> list[Ordinals]:
        """For each of these, what is at most *reach* steps away in its session; see `Reader`."""
        return around(
            self._shelf.columns.view,
            ordinals,
            before=reach,
            after=reach,
            now=self._now,
            allowed=self._allowed,
        )

    def vectors(self, ordinals: Ordinals) -> Vectors:
        """The vectors of these in their order; a row of NaN for one that has not exactly one."""
        index = self._index()
        if index is None:
            return np.empty((len(ordinals), 0), np.float32)
        vectors = index.vectors(ordinals)
        vectors[~self._shelf.alive(ordinals, self._now)] = np.nan
        return vectors

    def numbers(self, ordinals: Ordinals, names: Sequence[str]) -> Scores:
        """The numbers in the metadata of these by row and name; NaN where there is none."""
        numbers = numbers_of(self._sources.database, ordinals.tolist(), names)
        numbers[~self._shelf.alive(ordinals, self._now)] = np.nan
        return numbers


_NO_VECTORS = DenseLeg(
    ordinals=np.empty(0, np.int64), scores=np.empty(0, np.float64), parts=np.empty(0, np.int32)
)


def _leg(query: LexicalQuery, matches: Matches) -> LexicalLeg:
    return LexicalLeg(
        ordinals=matches.ordinals, scores=matches.scores, matched=matches.masks, query=query
    )
