"""A linear ranking: features times weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.retrieval.features import GROUPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from memory_service.retrieval.features import Columns

Scores = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearWeights:
    """Weights by feature name: one set for turns of a conversation, one for entries outside."""

    entry: Mapping[str, float]
    turn: Mapping[str, float]


def _only(feature: str) -> LinearWeights:
    return LinearWeights(entry={feature: 1.0}, turn={feature: 1.0})


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingWeights:
    """Weights for each choice of legs; without fitted ones, one leg alone ranks by its score."""

    both: LinearWeights
    dense: LinearWeights = field(default_factory=lambda: _only("dense"))
    lexical: LinearWeights = field(default_factory=lambda: _only("lexical"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighed:
    """The value of each candidate, and what each group of features gave to it."""

    values: Scores
    parts: Mapping[str, Scores]


def weigh(columns: Columns, inside: Flags, weights: LinearWeights) -> Weighed:
    """Weigh every candidate: by the turn's weights *inside* a conversation, else by the entry's."""
    parts: dict[str, Scores] = {}
    values = np.zeros(len(inside))
    for name in dict.fromkeys([*weights.entry, *weights.turn]):
        weight = np.where(inside, weights.turn.get(name, 0.0), weights.entry.get(name, 0.0))
        part = weight * columns.of(name)
        values = values + part
        group = GROUPS[name]
        parts[group] = parts[group] + part if group in parts else part
    return Weighed(values=values, parts=parts)
