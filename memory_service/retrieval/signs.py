"""Signs of an answer: what a query's ranking looks like as a whole.

A question without an answer finds entries too.  What gives it away is how much of the question
the first of them holds, how near it comes in meaning, and how far it stands above the rest.
What it holds is taken with the turn before: an answer need not repeat the question it follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from memory_service.model.read import LexicalLeg
    from memory_service.retrieval.conversation import Conversation

Scores = npt.NDArray[np.float64]

#: Terms of a query that coverage looks at, rarest first.
_MOST_TERMS = 64
#: The rank against which the first is measured, counted from 0.
_MARGIN_RANK = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """A ranking as the signs see it, row by row; at least one candidate.

    `values` are the ranking's and `first` is the row of the best; `dense` are absolute cosines,
    `window` the share of the query's weight in words that an entry and the turn before it hold
    together, zeros for a missing leg.
    """

    values: Scores
    first: int
    dense: Scores
    window: Scores


def coverage(leg: LexicalLeg) -> Scores:
    """Each entry's share of the query's weight in words, in [0, 1].

    A word weighs its idf, as often as the query names it; one that no entry holds weighs the
    most.  Only the first 64 terms count.  A query without terms gives zeros.
    """
    return _covered(leg, leg.matched)


def window_coverage(leg: LexicalLeg, talk: Conversation) -> Scores:
    """The same share, held by an entry and the turn before it together."""
    return _covered(leg, leg.matched | talk.masks_before(leg.matched))


def _covered(leg: LexicalLeg, matched: npt.NDArray[np.uint64]) -> Scores:
    terms = leg.query.terms[:_MOST_TERMS]
    weights = np.array([term.idf * term.count for term in terms], dtype=np.float64)
    total = weights.sum()
    if total <= 0.0:
        return np.zeros(len(matched))
    bits = (matched[:, None] >> np.arange(len(terms), dtype=np.uint64)) & np.uint64(1)
    # Not `@`: BLAS would spread a product this small over every core, and wait for them.
    return np.asarray((bits * weights).sum(axis=1) / total)


def _margin(seen: Seen) -> float:
    """How far the first stands above the sixth, as far as there are more.

    A ranking of few is stretched as wide as one of many: that its last is far below its first
    says nothing.
    """
    further = max(len(seen.values) - _MARGIN_RANK - 1, 0) / len(seen.values)
    if not further:
        return 0.0
    ranked = np.sort(seen.values)[::-1]
    return float(ranked[0] - ranked[_MARGIN_RANK]) * further


#: Every sign by name: two shares in [0, 1], and a difference of the ranking's values.
SIGNS: Mapping[str, Callable[[Seen], float]] = {
    "dense": lambda seen: float(seen.dense[seen.first]),
    "words": lambda seen: float(seen.window[seen.first]),
    "margin": _margin,
}
