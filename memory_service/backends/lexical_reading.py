"""The lexical leg of one recall in a local backend."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.read import LexicalLeg, LexicalQuery, QueryTerm
from memory_service.store.lexical import (
    MASKED_TERMS,
    NO_MATCHES,
    Matches,
    NamespaceStatistics,
    Postings,
)
from memory_service.store.tables import term_key

if TYPE_CHECKING:
    from memory_service.backends.seen import Seen
    from memory_service.index.analyser import Analyser
    from memory_service.model.read import Ordinals
    from memory_service.store.connection import Database
    from memory_service.store.lexical import Bm25


@dataclass(frozen=True, slots=True, kw_only=True)
class LexicalSources:
    """Where the leg gets its answers.

    Up to `whole_matches` entries that match a query are kept with their scores, so that scores
    asked for afterwards need no second look at the postings.
    """

    database: Database
    analyser: Analyser
    bm25: Bm25
    whole_matches: int


class LexicalReading:
    """Answers from the words of what is *seen*; its statistics are those of when it was made."""

    def __init__(self, sources: LexicalSources, seen: Seen) -> None:
        self._sources = sources
        self._seen = seen
        entries, terms = seen.shelf.entries, seen.shelf.terms
        self._statistics = NamespaceStatistics(
            entries=entries, average_length=terms / entries if entries else 0.0
        )
        self._postings = Postings(sources.database, self._statistics, sources.bm25)
        self._whole: dict[LexicalQuery, Matches] = {}

    def best(self, text: str, depth: int) -> LexicalLeg:
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
        first = found.of(np.arange(min(depth + self._seen.expired, len(found.ordinals))))
        seen = first.of(self._seen.passing(first.ordinals) & (first.scores > 0))
        if len(seen.ordinals) < depth:
            seen = found.of(self._seen.passing(found.ordinals) & (found.scores > 0))
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
        if self._seen.allowed is not None:
            return max(whole, self._seen.shelf.entries + 1)
        return max(whole, depth + self._seen.expired)

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
        return term_key(self._seen.shelf.number, term)

    def score(self, query: LexicalQuery, ordinals: Ordinals) -> LexicalLeg:
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
        alive = self._seen.alive(ordinals)
        return LexicalLeg(
            ordinals=ordinals,
            scores=np.where(alive, found.scores, 0.0),
            matched=np.where(alive, found.masks, np.uint64(0)),
            query=query,
        )


def _leg(query: LexicalQuery, matches: Matches) -> LexicalLeg:
    return LexicalLeg(
        ordinals=matches.ordinals, scores=matches.scores, matched=matches.masks, query=query
    )
