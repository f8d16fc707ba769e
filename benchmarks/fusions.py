"""Rules that make one ranking of two legs, and that the product does not use.

Each orders the candidates that the product found, by both legs' exact scores; the ablation shows
them beside the product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.retrieval.absolute import dense_absolute, lexical_absolute
from memory_service.retrieval.fusion import min_max, order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.examples import Example
    from memory_service.model.read import DenseLeg, LexicalLeg

    Rule = Callable[["Legs"], "Scores"]

#: How many ids a ranking gives.
SHOWN = 10
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Legs:
    """Both legs of one question: between the worst and the best candidate, and absolute."""

    dense: Scores
    lexical: Scores
    dense_absolute: Scores
    lexical_absolute: Scores


def legs_of(example: Example) -> Legs:
    """The legs of a question."""
    dense, lexical = _both(example)
    return Legs(
        dense=min_max(dense.scores),
        lexical=min_max(lexical.scores),
        dense_absolute=dense_absolute(dense.scores, example.options.floor or 0.0),
        lexical_absolute=lexical_absolute(lexical.scores, lexical.query.bound),
    )


def _both(example: Example) -> tuple[DenseLeg, LexicalLeg]:
    dense, lexical = example.candidates.dense, example.candidates.lexical
    if dense is None or lexical is None:
        raise ValueError("a fusion needs both legs")
    return dense, lexical


def convex(weight: float) -> Rule:
    """`w * dense + (1 - w) * lexical` (Bruch, Gai, Ingber, arXiv 2210.11934)."""
    return lambda legs: weight * legs.dense + (1 - weight) * legs.lexical


def convex_absolute(weight: float) -> Rule:
    """The same over absolute scores."""
    return lambda legs: weight * legs.dense_absolute + (1 - weight) * legs.lexical_absolute


def max_plus(share: float) -> Rule:
    """The better leg and a share of the worse."""
    return lambda legs: (
        np.maximum(legs.dense, legs.lexical) + share * np.minimum(legs.dense, legs.lexical)
    )


def log_odds(legs: Legs) -> Scores:
    """Both absolute scores as probabilities, their log-odds added."""
    return _log_odds(legs.dense_absolute) + _log_odds(legs.lexical_absolute)


def reciprocal_rank(k: float) -> Rule:
    """`1 / (k + rank)` of both legs (Cormack, Clarke, Büttcher, SIGIR 2009)."""
    return lambda legs: 1 / (k + _ranks(legs.dense)) + 1 / (k + _ranks(legs.lexical))


def _log_odds(share: Scores) -> Scores:
    kept = np.clip(share, 0.01, 0.99)
    return np.asarray(np.log(kept / (1 - kept)))


def _ranks(scores: Scores) -> Scores:
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks


#: Every rule by name.
RULES: Mapping[str, Rule] = {
    "lexical leg alone": convex(0.0),
    "dense leg alone": convex(1.0),
    "reciprocal rank, k = 60": reciprocal_rank(60),
    "reciprocal rank, k = 5": reciprocal_rank(5),
    "log-odds": log_odds,
    "convex of absolute scores, dense 0.4": convex_absolute(0.4),
    "max plus 0.3 min": max_plus(0.3),
    **{f"convex of min-max, dense {weight}": convex(weight) for weight in (0.3, 0.4, 0.5, 0.7)},
}


def by_rule(rule: Rule) -> Callable[[Example], list[str]]:
    """The first ids of an example, as the rule orders its candidates."""

    def ranked(example: Example) -> list[str]:
        ids = example.candidates.ids
        return [ids[row] for row in order(rule(legs_of(example)), ids)[:SHOWN]]

    return ranked
