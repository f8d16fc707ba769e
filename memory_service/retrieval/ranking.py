"""From a query's scored candidates to one ranking with absolute scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.retrieval.absolute import (
    combine,
    dense_absolute,
    lexical_absolute,
    non_increasing,
)
from memory_service.retrieval.evidence import EvidenceOptions, coverage, judge
from memory_service.retrieval.fusion import FusionOptions, fuse, mostly_latin, order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.model.read import DenseLeg, LexicalLeg
    from memory_service.model.recall import Evidence

Scores = npt.NDArray[np.float64]
Ordinals = npt.NDArray[np.int64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingOptions:
    """How legs are weighed, and the model's cosine floor (`None` if it is not known)."""

    fusion: FusionOptions = field(default_factory=FusionOptions)
    evidence: EvidenceOptions = field(default_factory=EvidenceOptions)
    floor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """A query's candidates, both legs scored over the same ordinals in the same order.

    A leg is `None` when it is missing; one is there at least.  `ids` breaks ties.
    """

    query: str
    ordinals: Ordinals
    ids: Sequence[str]
    dense: DenseLeg | None
    lexical: LexicalLeg | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """The candidates in order.

    `places[r]` is the row, in `Candidates`, of the candidate of rank `r`; `fused` and `scores`
    go by rank, `dense` and `lexical` (absolute, `None` for a missing leg) by row.
    """

    places: Places
    fused: Scores
    scores: Scores
    dense: Scores | None
    lexical: Scores | None
    evidence: Evidence


def rank(candidates: Candidates, options: RankingOptions) -> Ranking:
    """Order the candidates, give each its absolute score, and judge the evidence.

    The result does not depend on the order of the rows.  A query in a script that the model
    cannot read keeps its dense scores, at their small weight, but they are no evidence.
    """
    readable = mostly_latin(candidates.query)
    weights = options.fusion
    weight = weights.dense_weight if readable else weights.other_scripts_weight
    dense, lexical = _absolute(candidates, options.floor or 0.0)
    fused = fuse(_raw(candidates.dense), _raw(candidates.lexical), dense_weight=weight)
    places = order(fused, candidates.ids)
    combined = combine(dense, lexical, dense_weight=weight)
    return Ranking(
        places=places,
        fused=fused[places],
        scores=non_increasing(combined[places]),
        dense=dense,
        lexical=lexical,
        evidence=judge(
            dense if _trusted(candidates, weights, readable=readable) else None,
            coverage(candidates.lexical) if candidates.lexical else None,
            latin=readable,
            options=options.evidence,
            calibration=_calibration(dense, options.floor),
        ),
    )


def _trusted(candidates: Candidates, weights: FusionOptions, *, readable: bool) -> bool:
    """Whether the dense leg says something about evidence: it has vectors, and reads the script."""
    if candidates.dense is None or not np.isfinite(candidates.dense.scores).any():
        return False
    alone = candidates.lexical is None
    return readable or alone or weights.other_scripts_weight >= weights.dense_weight


def _absolute(candidates: Candidates, floor: float) -> tuple[Scores | None, Scores | None]:
    dense, lexical = candidates.dense, candidates.lexical
    return (
        None if dense is None else dense_absolute(dense.scores, floor),
        None if lexical is None else lexical_absolute(lexical.scores, lexical.query.bound),
    )


def _raw(leg: DenseLeg | LexicalLeg | None) -> Scores | None:
    return None if leg is None else leg.scores


def _calibration(dense: Scores | None, floor: float | None) -> str:
    """`lexical` without a dense leg, `uncorrected` without the model's floor, else `generic`."""
    if dense is None:
        return "lexical"
    return "uncorrected" if floor is None else "generic"
