"""Whether a namespace holds an answer at all: a probability and a level.

Two features carry nearly all there is to know: how far the best cosine lies above the model's
floor, and the largest share of the query's weight in words (idf) that one entry holds.  Margins
and the overlap of the legs' first five were measured beside them and added nothing (AUROC 0.9931
with two features, 0.9935 with seven).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.model.recall import Evidence, EvidenceLevel

if TYPE_CHECKING:
    from memory_service.model.read import LexicalLeg

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A logistic model of an answer's being there, over the two features."""

    dense: float = 0.0
    coverage: float = 0.0
    bias: float

    def probability(self, dense: float, covered: float) -> float:
        """The probability for these features, in [0, 1]."""
        return float(
            1.0 / (1.0 + np.exp(-(self.dense * dense + self.coverage * covered + self.bias)))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceOptions:
    """Who judges, and the two borders between the levels.

    Rounded by hand after a look at long conversations and at questions about code, with a small
    English model.  `none` is said only where an answer is unlikely (less than 0.15), since it
    empties the answer: at most 0.4 % of 1,000 questions to their own store fell to it, 66 % of
    those to another conversation between others, and 97 to 100 % of those on another subject.
    `other_scripts` judges by words alone where the model cannot read: pairs of characters that
    straddle words match nothing, so less coverage means as much.
    """

    both: Weights = Weights(dense=12.0, coverage=8.0, bias=-6.5)
    dense_alone: Weights = Weights(dense=28.0, bias=-11.5)
    words_alone: Weights = Weights(coverage=14.0, bias=-5.4)
    other_scripts: Weights = Weights(coverage=21.0, bias=-4.9)
    weak_from: float = 0.15
    strong_from: float = 0.8


def coverage(leg: LexicalLeg) -> Scores:
    """Each entry's share of the query's weight in words, in [0, 1].

    A word weighs its idf, as often as the query names it; one that no entry holds weighs the
    most.  Only the first 64 terms count.  A query without terms gives zeros.
    """
    terms = leg.query.terms[:64]
    weights = np.array([term.idf * term.count for term in terms], dtype=np.float64)
    total = weights.sum()
    if total <= 0.0:
        return np.zeros(len(leg.ordinals))
    bits = (leg.matched[:, None] >> np.arange(len(terms), dtype=np.uint64)) & np.uint64(1)
    # Not `@`: BLAS would spread a product this small over every core, and wait for them.
    return np.asarray((bits * weights).sum(axis=1) / total)


def judge(
    dense: Scores | None,
    covered: Scores | None,
    *,
    latin: bool,
    options: EvidenceOptions,
    calibration: str,
) -> Evidence:
    """Weigh a query's candidates.

    Args:
        dense: Absolute cosines; `None` for a missing leg or one that cannot read the query.
        covered: Coverage; `None` for a missing leg or a query without terms.
        latin: Whether the query is mostly in the Latin script.
        options: The weights.
        calibration: What corrected the scores, passed on to the answer.

    Returns:
        The level is `none`, at probability 0, when there is no candidate or no leg.
    """
    best_dense, best_covered = _best(dense), _best(covered)
    if best_dense is None and best_covered is None:
        return Evidence(level=EvidenceLevel.NONE, probability=0.0, calibration=calibration)
    if best_covered is None:
        weights = options.dense_alone
    elif best_dense is None:
        weights = options.words_alone if latin else options.other_scripts
    else:
        weights = options.both
    probability = weights.probability(best_dense or 0.0, best_covered or 0.0)
    return Evidence(
        level=_level(probability, options), probability=probability, calibration=calibration
    )


def _best(scores: Scores | None) -> float | None:
    return None if scores is None or not len(scores) else float(scores.max())


def _level(probability: float, options: EvidenceOptions) -> EvidenceLevel:
    if probability < options.weak_from:
        return EvidenceLevel.NONE
    return EvidenceLevel.WEAK if probability < options.strong_from else EvidenceLevel.STRONG
