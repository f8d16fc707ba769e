"""Whether a namespace holds an answer at all: a probability and a level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.recall import EvidenceLevel
from memory_service.retrieval.relevance import logistic
from memory_service.retrieval.signs import SIGNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from memory_service.retrieval.signs import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class SignWeights:
    """A logistic model of an answer's being there, over signs by name.

    `weak_from` is a border of its own for `none`, where the common one would say too much.
    """

    weights: Mapping[str, float]
    bias: float
    weak_from: float | None = None

    def probability(self, seen: Seen) -> float:
        """The probability for this ranking, in [0, 1]."""
        total = self.bias + sum(weight * SIGNS[name](seen) for name, weight in self.weights.items())
        return float(logistic(np.asarray(total)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """Who judges by which legs.

    `other_scripts` judges by words alone where the model cannot read: pairs of characters that
    straddle words match nothing, so less coverage means as much.
    """

    both: SignWeights
    dense: SignWeights
    lexical: SignWeights
    other_scripts: SignWeights


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceWeights:
    """The judges, and the two borders between the levels of their probabilities.

    `none` is said only below `weak_from`, since it empties the answer.
    """

    judges: Judges
    weak_from: float
    strong_from: float

    def level(self, probability: float, judge: SignWeights) -> EvidenceLevel:
        """The level of a probability that *judge* gave."""
        if probability < (self.weak_from if judge.weak_from is None else judge.weak_from):
            return EvidenceLevel.NONE
        return EvidenceLevel.WEAK if probability < self.strong_from else EvidenceLevel.STRONG
