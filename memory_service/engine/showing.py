"""From a ranked candidate to the hit that is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.entry import contextual_key
from memory_service.model.recall import Hit, LegScores
from memory_service.retrieval.fusion import mostly_latin
from memory_service.retrieval.packing import estimate_tokens
from memory_service.retrieval.passages import most_words

if TYPE_CHECKING:
    import numpy.typing as npt

    from memory_service.model.entry import Entry, Span
    from memory_service.model.read import Fetched, LexicalLeg
    from memory_service.retrieval.ranking import Candidates, Ranking


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """Makes hits of one query's candidates."""

    candidates: Candidates
    ranking: Ranking

    def hit(self, number: int, rank: int, fetched: Fetched, duplicates: tuple[str, ...]) -> Hit:
        """Hit *number* of the answer, of *rank* in the ranking, counted from 0.

        The *duplicates* were folded into it.
        """
        row = int(self.ranking.places[rank])
        lexical = self.candidates.lexical
        words = _words(lexical, row) if lexical else ()
        return Hit(
            rank=number,
            entry=fetched.entry,
            score=float(self.ranking.scores[rank]),
            legs=self._legs(row, rank),
            span=_span_of_text(fetched, self._part(fetched, row, words)),
            words=words,
            why={name: float(part[rank]) for name, part in self.ranking.parts.items()},
            duplicates=duplicates,
            tokens=estimate_tokens(fetched.entry.draft.text),
        )

    def _legs(self, row: int, rank: int) -> LegScores:
        dense, lexical = self.candidates.dense, self.candidates.lexical
        cosine = _number(dense.scores, row) if dense else None
        return LegScores(
            cosine=cosine,
            bm25=_number(lexical.scores, row) if lexical else None,
            dense=None if cosine is None else _number(self.ranking.dense, row),
            lexical=_number(self.ranking.lexical, row),
            fused=float(self.ranking.fused[rank]),
        )

    def _part(self, fetched: Fetched, row: int, words: tuple[str, ...]) -> int:
        """The passage to show, -1 for none: the nearest, unless words know better."""
        dense = self.candidates.dense
        nearest = int(dense.parts[row]) if dense else -1
        if not fetched.spans or (dense and mostly_latin(self.candidates.query)):
            return nearest
        return most_words(contextual_key(fetched.entry.draft).body, fetched.spans, words, nearest)


def unranked(rank: int, entry: Entry) -> Hit:
    """A hit that nothing was compared for."""
    legs = LegScores(cosine=None, bm25=None, dense=None, lexical=None, fused=0.0)
    tokens = estimate_tokens(entry.draft.text)
    return Hit(rank=rank, entry=entry, score=0.0, legs=legs, tokens=tokens)


def _number(scores: npt.NDArray[np.float64] | None, row: int) -> float | None:
    """The score as a plain number; `None` for a missing leg or an entry without a vector."""
    return None if scores is None or np.isnan(scores[row]) else float(scores[row])


def _words(leg: LexicalLeg, row: int) -> tuple[str, ...]:
    mask = int(leg.matched[row])
    words = (term.word for bit, term in enumerate(leg.query.terms[:64]) if mask >> bit & 1)
    return tuple(dict.fromkeys(words))


def _span_of_text(fetched: Fetched, part: int) -> Span | None:
    """The part of the passage that lies in the text; `None` when it is all of it or none."""
    if not 0 <= part < len(fetched.spans):
        return None
    span, length = fetched.spans[part], len(fetched.entry.draft.text)
    if span.start >= length or (span.start == 0 and span.stop >= length):
        return None
    return replace(span, stop=min(span.stop, length))
