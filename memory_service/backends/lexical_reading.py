"""The lexical leg of one recall in a local backend."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.bm25 import NO_MATCHES, Scoring
from memory_service.model.read import LexicalLeg, LexicalQuery, QueryTerm
from memory_service.store.lexical import SqlSearch
from memory_service.store.tables import term_key

if TYPE_CHECKING:
    from memory_service.backends.local_lexical import LocalLexical
    from memory_service.backends.seen import Seen
    from memory_service.index.analysis.analyser import Analyser
    from memory_service.index.lexical.search import Search
    from memory_service.model.bm25 import Bm25, Matches
    from memory_service.model.read import Ordinals
    from memory_service.store.connection import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class LexicalSources:
    """Where the leg gets its answers: from the index, or from the rows while there is none."""

    index: LocalLexical
    database: Database
    analyser: Analyser
    bm25: Bm25


class LexicalReading:
    """Answers from the words of what is *seen*; its statistics are those of when it was made."""

    def __init__(self, sources: LexicalSources, seen: Seen) -> None:
        self._sources = sources
        self._seen = seen
        entries, terms = seen.shelf.entries, seen.shelf.terms
        self._scoring = Scoring(
            constants=sources.bm25,
            entries=entries,
            average_length=terms / entries if entries else 0.0,
        )
        self._searches: dict[LexicalQuery, Search | SqlSearch] = {}

    def best(self, text: str, depth: int) -> LexicalLeg:
        """The *depth* best entries by BM25 with a score above 0."""
        asked = self._asked(text)
        if not asked:
            return _leg(LexicalQuery(terms=(), bound=0.0), NO_MATCHES)
        search = self._search(asked)
        query = self._query(asked, search.entries)
        self._searches[query] = search
        return _leg(query, search.best(depth, self._seen))

    def score(self, query: LexicalQuery, ordinals: Ordinals) -> LexicalLeg:
        """The exact BM25 scores of these, in their order; 0 where nothing matches."""
        search = self._searches.get(query) or self._search(list(query.terms))
        distinct, rows = np.unique(ordinals, return_inverse=True)
        found = search.score(distinct).of(rows)
        alive = self._seen.alive(ordinals)
        return LexicalLeg(
            ordinals=ordinals,
            scores=np.where(alive, found.scores, 0.0),
            matched=np.where(alive, found.masks, np.uint64(0)),
            query=query,
        )

    def _asked(self, text: str) -> list[QueryTerm]:
        """The distinct terms of a query as they come."""
        words = self._sources.analyser.query_terms(text)
        counts = Counter(word.term for word in words)
        spelling = {word.term: word.word for word in reversed(words)}
        return [
            QueryTerm(word=spelling[term], term=term, count=count, idf=0.0, entries=0)
            for term, count in counts.items()
        ]

    def _search(self, asked: list[QueryTerm]) -> Search | SqlSearch:
        number = self._seen.shelf.number
        keys = np.array([term_key(number, term.term) for term in asked], np.uint64)
        counts = np.array([term.count for term in asked], np.float64)
        index = self._sources.index.index
        if index is None:
            return SqlSearch(self._sources.database, keys, counts, self._scoring)
        return index.search(keys, counts, self._scoring)

    def _query(self, asked: list[QueryTerm], entries: list[int]) -> LexicalQuery:
        """The query with its figures, rarest term first."""
        order = sorted(range(len(asked)), key=lambda place: entries[place])
        terms = tuple(self._known(asked[place], entries[place]) for place in order)
        return LexicalQuery(terms=terms, bound=sum(term.idf * term.count for term in terms))

    def _known(self, term: QueryTerm, entries: int) -> QueryTerm:
        return QueryTerm(
            word=term.word,
            term=term.term,
            count=term.count,
            idf=self._scoring.idf(entries),
            entries=self._scoring.held(entries),
        )


def _leg(query: LexicalQuery, matches: Matches) -> LexicalLeg:
    return LexicalLeg(
        ordinals=matches.ordinals, scores=matches.scores, matched=matches.masks, query=query
    )
