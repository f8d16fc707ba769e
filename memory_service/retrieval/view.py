"""One query's candidates under the ranking's options: features, values, signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.model.recall import Evidence, EvidenceLevel
from memory_service.retrieval.absolute import dense_absolute, lexical_absolute
from memory_service.retrieval.boosts import raised
from memory_service.retrieval.conversation import conversation
from memory_service.retrieval.features import Columns, LegColumns
from memory_service.retrieval.fusion import min_max, mostly_latin
from memory_service.retrieval.signs import Seen, coverage, window_coverage
from memory_service.retrieval.weighing import Weighed, weigh

if TYPE_CHECKING:
    from collections.abc import Mapping

    from memory_service.model.read import DenseLeg
    from memory_service.retrieval.evidence import SignWeights
    from memory_service.retrieval.ranking import Candidates, RankingOptions
    from memory_service.retrieval.weighing import LinearWeights

Scores = npt.NDArray[np.float64]

#: How sure of its best candidate a ranking counts at least: a boost stays one, however unsure.
_LEAST_CERTAINTY = 0.6


class View:
    """What several steps need of one query's candidates.

    `dense` and `lexical` are absolute scores, `None` for a missing leg; `talk` is the conversation
    around the candidates.
    """

    def __init__(self, candidates: Candidates, options: RankingOptions) -> None:
        self._candidates = candidates
        self._options = options
        self._readable = mostly_latin(candidates.query) or options.other_scripts_weight >= 1.0
        self.talk = conversation(candidates.query, candidates.ordinals, candidates.surroundings)
        dense, lexical = candidates.dense, candidates.lexical
        self.dense = None if dense is None else dense_absolute(dense.scores, options.floor or 0.0)
        self.lexical = (
            None if lexical is None else lexical_absolute(lexical.scores, lexical.query.bound)
        )
        self._meaning = dense if dense is not None and np.isfinite(dense.scores).any() else None
        self._words = lexical if lexical is not None and lexical.scores.any() else None

    def weighed(self) -> Weighed:
        """Every candidate's value before any boost."""
        weights = self._options.weights
        if self._words is None:
            return self._weighed(weights.dense)
        if self._meaning is None:
            return self._weighed(weights.lexical)
        if self._readable:
            return self._weighed(weights.both)
        return self._leaning(self._weighed(weights.lexical), self._meaning)

    def _weighed(self, weights: LinearWeights) -> Weighed:
        return weigh(self.columns(), self.talk.inside, weights)

    def columns(self) -> Columns:
        """The features of the candidates.

        A dense leg that hardly reads the query is none of them while there are words.
        """
        words = self._words
        meaning = self._meaning if self._readable or words is None else None
        legs = LegColumns(
            cosines=None if meaning is None else meaning.scores,
            bm25=None if words is None else words.scores,
            coverage=None if words is None else coverage(words),
            peak=self._peak(),
        )
        return Columns(legs, self.talk)

    def _peak(self) -> float:
        dense = self._candidates.dense
        return 0.0 if dense is None else self._candidates.background.peak(dense.scores)

    def _leaning(self, weighed: Weighed, dense: DenseLeg) -> Weighed:
        """A ranking by words, moved a little by a leg that hardly reads the query."""
        weight = self._options.other_scripts_weight
        values = (1.0 - weight) * min_max(weighed.values) + weight * min_max(dense.scores)
        # Where words find all alike the dense leg orders what they cannot.
        spread = float(np.ptp(weighed.values)) or 1.0
        moved = weighed.values.min() + spread * values
        parts = dict(weighed.parts) | {"dense": moved - weighed.values}
        return Weighed(values=moved, parts=parts)

    def raised(self, weighed: Weighed, certainty: float) -> tuple[Scores, Mapping[str, Scores]]:
        """The values after boosts, and all parts.

        Args:
            weighed: The values before.
            certainty: The probability of the best candidate: the less it is, the more a boost
                can do.
        """
        candidates, values = self._candidates, weighed.values
        parts = dict(weighed.parts)
        boosts = (
            ("time", candidates.timely, self._options.time_weight),
            ("boosts", candidates.boosts, 1.0),
        )
        for name, match, weight in boosts:
            if match is not None and match.any():
                moved = _raised(values, match, weight, certainty)
                parts[name], values = moved - values, moved
        return values, parts

    def evidence(self, values: Scores) -> Evidence:
        """Whether there is an answer among these; none where nothing was ranked."""
        judge, calibration = self._judge()
        probability = judge.probability(self.seen(values)) if len(values) else 0.0
        level = (
            self._options.evidence.level(probability, judge) if len(values) else EvidenceLevel.NONE
        )
        return Evidence(level=level, probability=probability, calibration=calibration)

    def _judge(self) -> tuple[SignWeights, str]:
        weights = self._options.evidence.judges
        alone = self._candidates.lexical is None
        if self._meaning is None or not (self._readable or alone):
            chosen = (
                weights.lexical if mostly_latin(self._candidates.query) else weights.other_scripts
            )
            return chosen, "lexical" if self._candidates.dense is None else self._calibration()
        return (weights.dense if alone else weights.both), self._calibration()

    def _calibration(self) -> str:
        return "uncorrected" if self._options.floor is None else self._options.calibration

    def seen(self, values: Scores) -> Seen:
        """The ranking by *values*, one at least, as the signs of an answer see it."""
        zeros, words = np.zeros(len(values)), self._candidates.lexical
        return Seen(
            values=values,
            first=self._first(values),
            dense=zeros if self.dense is None else self.dense,
            window=zeros if words is None else window_coverage(words, self.talk),
        )

    def _first(self, values: Scores) -> int:
        """The row of the best value, ties by id, as in the ranking."""
        best = np.flatnonzero(values == values.max()).tolist()
        return int(best[0] if len(best) == 1 else min(best, key=self._candidates.ids.__getitem__))


def _raised(values: Scores, match: Scores, weight: float, certainty: float) -> Scores:
    """The values raised by a match; the best of before lies at *certainty*, the worst at 0."""
    spread = float(np.ptp(values))
    if spread <= 0.0:
        return values + match * weight
    sure = max(certainty, _LEAST_CERTAINTY)
    places = raised(sure * min_max(values), match, weight)
    return np.asarray(values.min() + spread * places / sure)
