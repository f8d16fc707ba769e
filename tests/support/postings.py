"""Entries as terms, their postings, and what BM25 says of them, reckoned by hand."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from memory_service.model.bm25 import Bm25, Matches, Scoring
from memory_service.model.postings import PostingRows
from memory_service.model.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from memory_service.model.read import Flags, Ordinals

    #: Terms by ordinal.
    Entries = Mapping[int, Sequence[int]]

CONSTANTS = Bm25(k1=0.9, b=0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Sees what a filter lets through, but for what is hidden."""

    allowed: Selection | None = None
    hidden: frozenset[int] = frozenset()
    expired: int = 0

    def alive(self, ordinals: Ordinals) -> Flags:
        """What is not hidden."""
        return np.array([one not in self.hidden for one in ordinals.tolist()], np.bool_)

    def passing(self, ordinals: Ordinals) -> Flags:
        """What is not hidden and passes the filter."""
        seen = self.alive(ordinals)
        return seen if self.allowed is None else seen & self.allowed.contains(ordinals)


def looking(allowed: set[int] | None = None, hidden: set[int] | None = None) -> Looking:
    """Through a filter that lets these through, if one is given, with these hidden."""
    chosen = None if allowed is None else Selection.of(np.array(sorted(allowed), np.int64))
    return Looking(allowed=chosen, hidden=frozenset(hidden or ()))


def postings_of(entries: Entries) -> PostingRows:
    """The postings of these."""
    rows = [
        (term, ordinal, count, len(terms))
        for ordinal, terms in entries.items()
        for term, count in Counter(terms).items()
    ]
    columns = np.array(rows, np.int64).reshape(-1, 4)
    return PostingRows(
        keys=columns[:, 0].astype(np.uint64),
        ordinals=columns[:, 1],
        tf=columns[:, 2].astype(np.uint32),
        lengths=columns[:, 3].astype(np.uint32),
    )


def scoring_of(entries: Entries) -> Scoring:
    """The statistics of these."""
    lengths = [len(terms) for terms in entries.values()]
    average = sum(lengths) / len(lengths) if lengths else 0.0
    return Scoring(constants=CONSTANTS, entries=len(lengths), average_length=average)


def scores_of(entries: Entries, query: Mapping[int, int]) -> dict[int, float]:
    """The score of every entry that holds a term of the query, rounded to nine places."""
    scoring, scores = scoring_of(entries), dict.fromkeys(entries, 0.0)
    for term, count in query.items():
        held = held_by(entries, term)
        idf = math.log(1 + (len(entries) - held + 0.5) / (held + 0.5))
        for ordinal, terms in entries.items():
            tf = terms.count(term)
            share = len(terms) / (scoring.average_length or 1.0)
            norm = CONSTANTS.k1 * (1 - CONSTANTS.b + CONSTANTS.b * share)
            scores[ordinal] += count * idf * tf / (tf + norm)
    return {ordinal: round(score, 9) for ordinal, score in scores.items() if score > 0}


def held_by(entries: Entries, term: int) -> int:
    """How many entries hold a term."""
    return sum(term in terms for terms in entries.values())


def masks_of(entries: Entries, query: Mapping[int, int]) -> dict[int, int]:
    """Which of the query's terms each entry holds, rarest first, those asked first before."""
    order = sorted(query, key=lambda term: held_by(entries, term))[:64]
    return {
        ordinal: sum(1 << bit for bit, term in enumerate(order) if term in terms)
        for ordinal, terms in entries.items()
    }


def assert_matches(found: Matches, entries: Entries, query: Mapping[int, int]) -> None:
    """Every score and every mask is right, 0 where nothing matches."""
    scores, masks = scores_of(entries, query), masks_of(entries, query)
    ordinals = found.ordinals.tolist()
    wanted = [scores.get(ordinal, 0.0) for ordinal in ordinals]
    np.testing.assert_allclose(found.scores, wanted, rtol=0, atol=1.5e-9)
    assert found.masks.tolist() == [masks.get(ordinal, 0) for ordinal in ordinals]


def assert_best(
    found: Matches, entries: Entries, query: Mapping[int, int], k: int, sight: Looking
) -> None:
    """These are the *k* best, in order."""
    scores = scores_of(entries, query)
    ordinals = np.array(sorted(scores), np.int64)
    seen = ordinals[sight.passing(ordinals)].tolist() if len(ordinals) else []
    best = sorted(seen, key=lambda ordinal: (-scores[ordinal], ordinal))[:k]
    assert found.ordinals.tolist() == best
    assert_matches(found, entries, query)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Entries in the batches they came in, by rising ordinal, and which were forgotten since."""

    batches: tuple[Entries, ...]
    forgotten: frozenset[int]

    @property
    def alive(self) -> dict[int, Sequence[int]]:
        """What is left."""
        every = {ordinal: terms for batch in self.batches for ordinal, terms in batch.items()}
        return {ordinal: terms for ordinal, terms in every.items() if ordinal not in self.forgotten}


#: Few terms, the first far more frequent than the last.
TERMS = st.sampled_from([1] * 12 + [2] * 6 + [3] * 4 + [4] * 3 + [5, 5, 6, 7, 8, 9])
TEXTS = st.lists(TERMS, max_size=9)
#: Terms and how often each is asked for; one of them is in no entry.
QUERIES = st.dictionaries(st.integers(1, 10), st.integers(1, 3), min_size=1, max_size=10)


@st.composite
def written(draw: st.DrawFn) -> Written:
    """Up to forty entries in up to five batches, with gaps between their ordinals."""
    batches, ordinal = [], 0
    for texts in draw(st.lists(st.lists(TEXTS, max_size=8), min_size=1, max_size=5)):
        batch = {}
        for terms in texts:
            ordinal += draw(st.sampled_from([1, 1, 1, 2, 7]))
            batch[ordinal] = terms
        batches.append(batch)
    every = [ordinal for batch in batches for ordinal in batch]
    forgotten = draw(st.sets(st.sampled_from(every), max_size=6)) if every else set()
    return Written(batches=tuple(batches), forgotten=frozenset(forgotten))
