"""Rankings for tests, by plain numbers that no fitting changes.

What ships is fitted, and guarded by `tests/golden` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memory_service.engine.options import EngineOptions
from memory_service.retrieval.evidence import EvidenceWeights, Judges, SignWeights
from memory_service.retrieval.ranking import RankingOptions
from memory_service.retrieval.relevance import Relevance
from memory_service.retrieval.weighing import LinearWeights, RankingWeights

if TYPE_CHECKING:
    from collections.abc import Mapping


def alike(weights: Mapping[str, float]) -> LinearWeights:
    """The same weights inside a conversation and outside of one."""
    return LinearWeights(entry=weights, turn=weights)


def plain_weights() -> RankingWeights:
    """Both legs, words a little more; one leg alone where there is but one."""
    return RankingWeights(
        both=alike({"dense": 4.0, "lexical": 6.0}),
        dense=alike({"dense": 10.0}),
        lexical=alike({"lexical": 10.0}),
    )


def plain_evidence() -> EvidenceWeights:
    """The first candidate's likeness and words: half of one or of the other is an answer."""
    by_words = SignWeights(weights={"words": 14.0}, bias=-5.4)
    return EvidenceWeights(
        judges=Judges(
            both=SignWeights(weights={"dense": 12.0, "words": 8.0}, bias=-6.5),
            dense=SignWeights(weights={"dense": 28.0}, bias=-11.5),
            lexical=by_words,
            other_scripts=SignWeights(weights={"words": 21.0}, bias=-4.9),
        ),
        weak_from=0.15,
        strong_from=0.8,
    )


def ranking_options(**changes: Any) -> RankingOptions:  # of every type
    """A ranking by plain numbers, with some of it changed."""
    given: dict[str, Any] = {
        "weights": plain_weights(),
        "relevance": Relevance(share=1.0, bias=0.0),
        "evidence": plain_evidence(),
    }
    return RankingOptions(**(given | changes))


def engine_options(**changes: Any) -> EngineOptions:  # of every type
    """Options of an engine that ranks by plain numbers, with some of them changed."""
    return EngineOptions(**({"ranking": ranking_options()} | changes))
