"""From a query's scored candidates to one ranking with probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.retrieval.cut import costs
from memory_service.retrieval.fusion import order
from memory_service.retrieval.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from memory_service.model.read import DenseLeg, LexicalLeg, Surroundings
    from memory_service.model.recall import Evidence
    from memory_service.retrieval.evidence import EvidenceWeights
    from memory_service.retrieval.features import Background
    from memory_service.retrieval.relevance import Relevance
    from memory_service.retrieval.weighing import RankingWeights

Scores = npt.NDArray[np.float64]
Ordinals = npt.NDArray[np.int64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingOptions:
    """How candidates are weighed.

    Args:
        weights: Of the features.
        relevance: From a value to a probability.
        evidence: Whether there is an answer.
        time_weight: How far an entry of the time that the query names is raised, in [0, 1].
        other_scripts_weight: The dense leg's share for a query mostly not in the Latin script: a
            model trained on English has no reading of it.  1 for a model that reads all scripts.
        floor: The cosine that unrelated texts reach under the model; `None` if it is not known.
        calibration: What the weights of `evidence` and `relevance` were fitted with.
    """

    weights: RankingWeights
    relevance: Relevance
    evidence: EvidenceWeights
    time_weight: float = 0.2
    other_scripts_weight: float = 0.1
    floor: float | None = None
    calibration: str = "generic"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """A query's candidates, both legs scored over the same ordinals in the same, rising order.

    A leg is `None` when it is missing; one is there at least.  `ids` breaks ties.  `timely` says
    how close each comes to the time that the query names, `boosts` how far the caller raises it;
    both in [0, 1], `None` for nothing.
    """

    query: str
    ordinals: Ordinals
    ids: Sequence[str]
    dense: DenseLeg | None
    lexical: LexicalLeg | None
    surroundings: Surroundings
    background: Background
    timely: Scores | None = None
    boosts: Scores | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """The candidates in order.

    `places[r]` is the row, in `Candidates`, of the candidate of rank `r`; `fused`, `likely` (the
    probability that it answers if there is an answer, never rising), `costs` (of showing it, see
    `cut`) and `parts` (what each group of features gave to `fused`) go by rank, `dense` and
    `lexical` (absolute, `None` for a missing leg) by row.
    """

    places: Places
    fused: Scores
    likely: Scores
    costs: Scores
    parts: Mapping[str, Scores]
    dense: Scores | None
    lexical: Scores | None
    evidence: Evidence

    @property
    def scores(self) -> Scores:
        """The probability that each answers, by rank: that of an answer times `likely`."""
        return self.evidence.probability * self.likely


def rank(candidates: Candidates, options: RankingOptions) -> Ranking:
    """Order the candidates, give each its probability, and judge the evidence.

    The result does not depend on anything but its arguments; ties go by id.  Boosts move the
    order, not the evidence.
    """
    view = View(candidates, options)
    weighed = view.weighed()
    evidence = view.evidence(weighed.values)
    best = options.relevance.probabilities(weighed.values).max(initial=0.0)
    values, parts = view.raised(weighed, certainty=evidence.probability * float(best))
    places = order(values, candidates.ids)
    return Ranking(
        places=places,
        fused=values[places],
        likely=options.relevance.probabilities(values[places]),
        costs=costs(candidates.surroundings.lengths)[places],
        parts={name: part[places] for name, part in parts.items()},
        dense=view.dense,
        lexical=view.lexical,
        evidence=evidence,
    )
