"""The product with one thing changed: each mechanism off, and the adaptive cut at other settings.

One line each; a new mechanism adds its line here and has its row in the ablation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.asking import AS_AGENT, as_ranking
from memory_service.engine.options import EngineOptions
from memory_service.model.recall import Legs
from memory_service.retrieval.weighing import LinearWeights, RankingWeights

if TYPE_CHECKING:
    from memory_service.model.recall import RecallRequest

#: Options for which the product is made, in place of its own.
Adjust = Callable[[EngineOptions], EngineOptions]
#: What every change is compared with.
DEFAULT = "default"


def unchanged(options: EngineOptions) -> EngineOptions:
    """The product as it is."""
    return options


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """A way to ask: the request but for its questions, and the options of the engine asked."""

    request: RecallRequest
    adjust: Adjust = unchanged


def _weights(change: Callable[[RankingWeights], RankingWeights]) -> Adjust:
    return lambda options: replace(
        options,
        ranking=replace(options.ranking, weights=change(options.ranking.weights)),
    )


def _left(weights: RankingWeights, features: Collection[str]) -> RankingWeights:
    """No weight for these features, by whatever legs."""

    def left(linear: LinearWeights) -> LinearWeights:
        return LinearWeights(
            entry={name: each for name, each in linear.entry.items() if name not in features},
            turn={name: each for name, each in linear.turn.items() if name not in features},
        )

    return RankingWeights(
        both=left(weights.both), dense=left(weights.dense), lexical=left(weights.lexical)
    )


def _same(weights: Mapping[str, float]) -> LinearWeights:
    """The same weights inside of a conversation and outside."""
    return LinearWeights(entry=weights, turn=weights)


def _only(weights: Mapping[str, float]) -> Adjust:
    return _weights(lambda fitted: replace(fitted, both=_same(weights)))


def _without(*features: str) -> Adjust:
    return _weights(lambda fitted: _left(fitted, features))


def _time_weight(weight: float) -> Adjust:
    return lambda options: replace(options, ranking=replace(options.ranking, time_weight=weight))


def _other_scripts_weight(weight: float) -> Adjust:
    return lambda options: replace(
        options, ranking=replace(options.ranking, other_scripts_weight=weight)
    )


def plain_legs(options: EngineOptions) -> EngineOptions:
    """Each leg alone ranks by nothing but its own score."""
    weights = options.ranking.weights
    plain = RankingWeights(both=weights.both)
    return replace(options, ranking=replace(options.ranking, weights=plain, time_weight=0.0))


CONVERSATION = ("neighbours", "session", "speaker", "length", "asks", "answers_found")

#: The rankings that are compared with each other; the last is the product's.
SYSTEMS: Mapping[str, Manner] = {
    "lexical": Manner(request=as_ranking(Legs(dense=False)), adjust=plain_legs),
    "dense": Manner(request=as_ranking(Legs(lexical=False)), adjust=plain_legs),
    "hybrid": Manner(request=as_ranking(Legs())),
}
PRODUCT = "hybrid"

#: The product without one of its parts, or with an older or a rejected one, by name.
VARIANTS: Mapping[str, Adjust] = {
    DEFAULT: unchanged,
    "convex of min-max, dense 0.4": _only({"dense": 0.4, "lexical": 0.6}),
    "convex of min-max, dense 0.7": _only({"dense": 0.7, "lexical": 0.3}),
    "convex and neighbours": _only({"dense": 0.4, "lexical": 0.6, "neighbours": 0.4}),
    "nothing of the conversation": _without(*CONVERSATION),
    **{f"no {name}": _without(name) for name in CONVERSATION},
    **{f"no {name}": _without(name) for name in ("dense_peak", "best_leg", "coverage")},
    "no time boost": _time_weight(0.0),
    "one weight for all scripts": _other_scripts_weight(1.0),
}


def _worth(worth: float) -> Manner:
    return Manner(
        request=replace(AS_AGENT, limit=50), adjust=lambda options: replace(options, worth=worth)
    )


#: The adaptive cut along its knob, from few hits to many; its default is measured beside them.
CUT_POINTS: Mapping[str, Manner] = {
    f"worth {worth:g}": _worth(worth)
    for worth in (0.1, 0.05, 0.03, 0.02, 0.014, 0.01, 0.007, 0.004)
}
