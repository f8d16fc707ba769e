"""Scores by brute force over what a `DictBackend` holds."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.asking import asks
from memory_service.model.read import (
    DenseLeg,
    Fetched,
    LexicalLeg,
    LexicalQuery,
    QueryTerm,
    Surroundings,
)
from tests.support.filters import matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.model.entry import Entry
    from memory_service.model.filters import Filter
    from memory_service.model.read import Ordinals, Scores
    from memory_service.protocols import Vector, Vectors
    from tests.support.dict_world import Kept, Space

_MAX_TERMS = 64


class DictReader:
    """A namespace under a filter at one instant; counts everything anew for every call."""

    def __init__(
        self, space: Space, *, filter: Filter | None, now: datetime, k1: float, b: float
    ) -> None:
        self._space = space
        self._filter = filter
        self._now = now
        self._k1 = k1
        self._b = b

    def _average_length(self) -> float:
        lengths = [len(kept.terms) for kept in self._space.kept.values()]
        return sum(lengths) / len(lengths)

    def _seen(self) -> list[Kept]:
        return [
            kept
            for kept in self._space.live(self._now)
            if self._filter is None or matches(self._filter, kept.entry)
        ]

    def _by_ordinal(self) -> dict[int, Kept]:
        return {kept.entry.ordinal: kept for kept in self._space.live(self._now)}

    def lexical(self, text: str, depth: int) -> LexicalLeg:
        query = self._query(text)
        scored = [(kept.entry.ordinal, self._bm25(query, kept)) for kept in self._seen()]
        best = sorted((row for row in scored if row[1] > 0), key=lambda row: (-row[1], row[0]))
        return self.score_lexical(query, _ordinals([ordinal for ordinal, _ in best[:depth]]))

    def score_lexical(self, query: LexicalQuery, ordinals: Ordinals) -> LexicalLeg:
        by_ordinal = self._by_ordinal()
        rows = [by_ordinal.get(int(ordinal)) for ordinal in ordinals]
        scores = [self._bm25(query, kept) if kept else 0.0 for kept in rows]
        masks = [_mask(query, kept) if kept else 0 for kept in rows]
        return LexicalLeg(
            ordinals=ordinals,
            scores=np.array(scores, dtype=np.float64),
            matched=np.array(masks, dtype=np.uint64),
            query=query,
        )

    def _query(self, text: str) -> LexicalQuery:
        words = self._space.analyser.query_terms(text)
        counts = Counter(word.term for word in words)
        asked = {word.term: word.word for word in reversed(words)}
        terms = [
            QueryTerm(
                word=asked[term],
                term=term,
                count=count,
                entries=self._entries_with(term),
                idf=self._idf(self._entries_with(term)),
            )
            for term, count in counts.items()
        ]
        terms.sort(key=lambda term: term.entries)
        return LexicalQuery(terms=tuple(terms), bound=sum(each.idf * each.count for each in terms))

    def _entries_with(self, term: str) -> int:
        return sum(term in kept.terms for kept in self._space.kept.values())

    def _idf(self, entries: int) -> float:
        total = len(self._space.kept)
        return math.log(1 + (total - entries + 0.5) / (entries + 0.5))

    def _bm25(self, query: LexicalQuery, kept: Kept) -> float:
        score = 0.0
        for term in query.terms:
            tf = kept.terms.count(term.term)
            if tf:
                share = len(kept.terms) / self._average_length()
                norm = self._k1 * (1 - self._b + self._b * share)
                score += term.count * term.idf * tf / (tf + norm)
        return score

    def dense(self, vector: Vector, depth: int) -> DenseLeg:
        ordinals = [kept.entry.ordinal for kept in self._seen() if kept.passages]
        leg = self.score_dense(vector, _ordinals(ordinals))
        order = np.lexsort((leg.ordinals, -leg.scores))[:depth]
        return DenseLeg(
            ordinals=leg.ordinals[order], scores=leg.scores[order], parts=leg.parts[order]
        )

    def score_dense(self, vector: Vector, ordinals: Ordinals) -> DenseLeg:
        by_ordinal = self._by_ordinal()
        scores = np.full(len(ordinals), np.nan)
        parts = np.full(len(ordinals), -1, dtype=np.int32)
        for row, ordinal in enumerate(ordinals):
            kept = by_ordinal.get(int(ordinal))
            if kept and kept.passages:
                cosines = [_cosine(vector, passage.vector) for passage in kept.passages]
                parts[row] = int(np.argmax(cosines))
                scores[row] = cosines[parts[row]]
        return DenseLeg(
            ordinals=ordinals, scores=scores, parts=parts, vectors=self.vectors(ordinals)
        )

    def waiting(self) -> int:
        return sum(not kept.entry.embedded for kept in self._space.kept.values())

    def recent(self, limit: int) -> Ordinals:
        return _ordinals(
            sorted((kept.entry.ordinal for kept in self._seen()), reverse=True)[:limit]
        )

    def sample(self, count: int) -> Ordinals:
        live = sorted(kept.entry.ordinal for kept in self._space.live(self._now))
        if len(live) > count:
            live = [live[place * len(live) // count] for place in range(count)]
        return _ordinals(live)

    def ids(self, ordinals: Ordinals) -> list[str]:
        by_ordinal = {kept.entry.ordinal: kept.entry.id for kept in self._space.kept.values()}
        return [by_ordinal.get(int(ordinal), "") for ordinal in ordinals]

    def fetch(self, ordinals: Ordinals) -> list[Fetched | None]:
        by_ordinal = self._by_ordinal()
        return [_fetched(by_ordinal.get(int(ordinal))) for ordinal in ordinals]

    def neighbours(self, ordinal: int, before: int, after: int) -> list[Entry]:
        turns, place = self._session(ordinal)
        around = turns[max(0, place - before) : place] + turns[place + 1 : place + 1 + after]
        return [each.entry for each in around]

    def _session(self, ordinal: int) -> tuple[list[Kept], int]:
        """What a session shows in order, and where in it the entry stands; nothing without one."""
        kept = self._by_ordinal().get(ordinal)
        if kept is None or kept.entry.draft.session is None:
            return [], 0
        session = kept.entry.draft.session
        live = self._space.live(self._now)
        turns = sorted((k for k in live if k.entry.draft.session == session), key=turn_order)
        return turns, turns.index(kept)

    def around(self, ordinals: Ordinals, reach: int) -> list[Ordinals]:
        return [self._around(int(ordinal), reach) for ordinal in ordinals]

    def _around(self, ordinal: int, reach: int) -> Ordinals:
        turns, place = self._session(ordinal)
        before = self._side(turns[max(0, place - reach) : place][::-1])
        after = self._side(turns[place + 1 : place + 1 + reach])
        return _ordinals(before[::-1] + after)

    def _side(self, turns: list[Kept]) -> list[int]:
        """The ordinals up to the first that does not pass the filter."""
        seen = {kept.entry.ordinal for kept in self._seen()}
        ordinals = [kept.entry.ordinal for kept in turns]
        return list(itertools.takewhile(seen.__contains__, ordinals))

    def surroundings(self, ordinals: Ordinals) -> Surroundings:
        by_ordinal = self._by_ordinal()
        rows = [by_ordinal.get(int(ordinal)) for ordinal in ordinals]
        sides = [self._beside(int(ordinal)) for ordinal in ordinals]
        drafts = [row.entry.draft if row else None for row in rows]
        sessions = _distinct([draft.session if draft else None for draft in drafts])
        names = _distinct([draft.speaker if draft else None for draft in drafts])
        return Surroundings(
            ordinals=ordinals,
            before=_ordinals([before for before, _ in sides]),
            after=_ordinals([after for _, after in sides]),
            sessions=_ordinals([_place(sessions, d.session if d else None) for d in drafts]),
            speakers=_ordinals([_place(names, d.speaker if d else None) for d in drafts]),
            speaker_names=tuple(names),
            lengths=_ordinals([len(row.terms) if row else 0 for row in rows]),
            asks=np.array([draft is not None and asks(draft.text) for draft in drafts], np.bool_),
            days=np.array([_day(d.event_time if d else None) for d in drafts], np.float64),
            written=np.array([_written(row) for row in rows], np.float64),
        )

    def with_neighbours(self, ordinals: Ordinals) -> Surroundings:
        alive = [int(each) for each in ordinals if int(each) in self._by_ordinal()]
        named = {side for ordinal in alive for side in self._beside(ordinal)} - {-1}
        return self.surroundings(_ordinals(sorted(named.union(alive))))

    def _beside(self, ordinal: int) -> tuple[int, int]:
        turns, place = self._session(ordinal)
        before, after = self._side(turns[:place][-1:]), self._side(turns[place + 1 :][:1])
        return (before or [-1])[0], (after or [-1])[0]

    def vectors(self, ordinals: Ordinals) -> Vectors:
        by_ordinal = self._by_ordinal()
        kept = [each for each in self._space.kept.values() if each.passages]
        dimensions = len(kept[0].passages[0].vector) if kept else 0
        rows = np.full((len(ordinals), dimensions), np.nan, np.float32)
        for row, ordinal in enumerate(ordinals):
            entry = by_ordinal.get(int(ordinal))
            if entry and len(entry.passages) == 1:
                rows[row] = entry.passages[0].vector.astype(np.float16)
        return rows

    def numbers(self, ordinals: Ordinals, names: Sequence[str]) -> Scores:
        by_ordinal = self._by_ordinal()
        rows = [
            [_number(by_ordinal.get(int(ordinal)), name) for name in names] for ordinal in ordinals
        ]
        return np.array(rows, np.float64).reshape(len(ordinals), len(names))


#: What an entry without a turn sorts as: before every turn.
NO_TURN = -(2**63)


def turn_order(kept: Kept) -> tuple[int, int]:
    """Where an entry stands in its session."""
    turn = kept.entry.draft.turn
    return (NO_TURN if turn is None else turn, kept.first_seq)


def _distinct(names: list[str | None]) -> list[str]:
    """In order of first appearance."""
    return list(dict.fromkeys(name for name in names if name is not None))


def _place(names: list[str], name: str | None) -> int:
    return -1 if name is None else names.index(name)


def _day(time: datetime | None) -> float:
    return math.nan if time is None else float((time.date() - date(1970, 1, 1)).days)


def _written(kept: Kept | None) -> float:
    if kept is None:
        return math.nan
    return (kept.entry.updated_at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def _number(kept: Kept | None, name: str) -> float:
    value = kept.entry.draft.metadata.get(name) if kept else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value)


def _ordinals(values: list[int]) -> Ordinals:
    return np.array(values, dtype=np.int64)


def _mask(query: LexicalQuery, kept: Kept) -> int:
    return sum(
        1 << bit for bit, term in enumerate(query.terms[:_MAX_TERMS]) if term.term in kept.terms
    )


def _cosine(left: Vector, right: Vector) -> float:
    """At the precision a store keeps: float16."""
    kept = right.astype(np.float16).astype(np.float64)
    return float(left.astype(np.float64) @ kept)


def _fetched(kept: Kept | None) -> Fetched | None:
    if kept is None:
        return None
    several = kept.passages if len(kept.passages) > 1 else ()
    return Fetched(entry=kept.entry, spans=tuple(passage.span for passage in several))
