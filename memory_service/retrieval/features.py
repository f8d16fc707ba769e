"""What a ranking sees of its candidates: one column per named feature.

Every feature is made so that it means the same under every model and in every namespace: scores
are stretched between the worst and the best candidate, or measured against unrelated texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.retrieval.fusion import min_max

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from memory_service.retrieval.conversation import Conversation

Scores = npt.NDArray[np.float64]

#: The dense leg's share where both legs are taken as one, for what stands around a candidate.
_DENSE_SHARE = 0.4
#: Best entries of a session that speak for it.
_SESSION_BEST = 3
#: Deviations above the mean at which the best cosine counts 1, and the most it counts.
_PEAK, _MOST_PEAK = 5.0, 4.0
#: Cosines that vary by no more are equal but for rounding.
_LEAST_DEVIATION = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """The cosines of a query with entries that were not chosen for it: mean and deviation."""

    mean: float
    deviation: float

    def peak(self, cosines: Scores) -> float:
        """How far the best cosine stands out, from 0 to 4; 1 at five deviations.

        0 where nothing varies.
        """
        known = cosines[np.isfinite(cosines)]
        if not len(known) or self.deviation < _LEAST_DEVIATION:
            return 0.0
        peak = (known.max() - self.mean) / self.deviation / _PEAK
        return float(np.clip(peak, 0.0, _MOST_PEAK))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LegColumns:
    """Both legs' raw scores beside each other, row by row.

    `None` for a leg that is missing or says nothing of any candidate.
    `coverage` is the share of the query's weight in words; `peak` says how far the best cosine
    stands out of the namespace.
    """

    cosines: Scores | None
    bm25: Scores | None
    coverage: Scores | None
    peak: float


class Columns:
    """The features of one query's candidates, computed as they are asked for.

    A feature of a missing leg is 0, and so is one of a conversation for an entry outside of one.
    An entry that has no vector yet, beside others that have, is taken at its words: on the dense
    leg it stands where it stands on the lexical one.
    """

    def __init__(self, legs: LegColumns, conversation: Conversation) -> None:
        rows = len(conversation.inside)
        zeros = np.zeros(rows)
        self._legs = legs
        self._conversation = conversation
        self._lexical = zeros if legs.bm25 is None else min_max(legs.bm25)
        self._dense = zeros if legs.cosines is None else self._stretched(legs.cosines)
        self._coverage = zeros if legs.coverage is None else legs.coverage
        self._zeros = zeros
        self._both = self._as_one()

    def of(self, name: str) -> Scores:
        """The column of that feature.

        Raises:
            KeyError: If there is no such feature.
        """
        return FEATURES[name](self)

    def _stretched(self, cosines: Scores) -> Scores:
        return np.where(np.isfinite(cosines), min_max(cosines), self._lexical)

    def _as_one(self) -> Scores:
        """Both legs as one value in [0, 1]; a missing leg leaves the other."""
        if self._legs.cosines is None:
            return self._lexical
        if self._legs.bm25 is None:
            return self._dense
        return _DENSE_SHARE * self._dense + (1.0 - _DENSE_SHARE) * self._lexical

    def dense(self) -> Scores:
        """The cosine between the worst and the best candidate."""
        return self._dense

    def lexical(self) -> Scores:
        """BM25 between the worst and the best candidate."""
        return self._lexical

    def best_leg(self) -> Scores:
        """The better of the two."""
        return np.maximum(self._dense, self._lexical)

    def dense_peak(self) -> Scores:
        """The dense leg, as far as its best candidate stands out of the namespace.

        This weighs the legs by query: where no entry is much nearer than the others, the dense
        leg has little to say.
        """
        return self._dense * self._legs.peak

    def coverage(self) -> Scores:
        """The share of the query's weight in words that the entry holds."""
        return self._coverage

    def neighbours(self) -> Scores:
        """The better of the two turns beside it, both legs as one."""
        talk = self._conversation
        return np.maximum(talk.before(self._both), talk.after(self._both))

    def session(self) -> Scores:
        """The mean of its session's best three."""
        return self._conversation.session_best(self._both, _SESSION_BEST)

    def speaker(self) -> Scores:
        """1 where the query names its speaker and there are several."""
        return self._conversation.named.astype(np.float64)

    def length(self) -> Scores:
        """The logarithm of its length over the candidates' mean length."""
        return self._conversation.relative_lengths

    def asks(self) -> Scores:
        """1 for a turn that asks something."""
        return self._conversation.asks.astype(np.float64)

    def answers_found(self) -> Scores:
        """How well the turn before fits, where that asks something."""
        asks = self._conversation.asks.astype(np.float64)
        return self._conversation.before(asks * self._both)


#: Every feature by name.
FEATURES: Mapping[str, Callable[[Columns], Scores]] = {
    "dense": Columns.dense,
    "lexical": Columns.lexical,
    "best_leg": Columns.best_leg,
    "dense_peak": Columns.dense_peak,
    "coverage": Columns.coverage,
    "neighbours": Columns.neighbours,
    "session": Columns.session,
    "speaker": Columns.speaker,
    "length": Columns.length,
    "asks": Columns.asks,
    "answers_found": Columns.answers_found,
}

#: What each feature is called when a hit says what moved it.
GROUPS: Mapping[str, str] = {
    "dense": "dense",
    "dense_peak": "dense",
    "lexical": "lexical",
    "coverage": "lexical",
    "best_leg": "legs",
    "neighbours": "conversation",
    "session": "conversation",
    "answers_found": "conversation",
    "asks": "conversation",
    "length": "length",
    "speaker": "speaker",
}
