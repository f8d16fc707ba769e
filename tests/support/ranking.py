"""Options of an engine, with the coefficients that ship."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memory_service.engine.options import EngineOptions
from memory_service.fitted.loading import load_fitted
from memory_service.retrieval.ranking import RankingOptions

if TYPE_CHECKING:
    from memory_service.retrieval.ranking import RankingOptions as Options


def ranking_options(**changes: Any) -> Options:  # of every type
    """How the product ranks, with some of it changed."""
    fitted = load_fitted()
    given = {
        "weights": fitted.weights,
        "relevance": fitted.relevance,
        "evidence": fitted.evidence,
    }
    return RankingOptions(**(given | changes))


def engine_options(**changes: Any) -> EngineOptions:  # of every type
    """The product's options, with some of them changed."""
    return EngineOptions(**({"ranking": ranking_options()} | changes))
