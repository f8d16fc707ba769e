"""The product with one thing changed: each mechanism off, and the adaptive cut at other settings.

One line each; a new mechanism adds its line here and has its row in the ablation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.asking import AS_AGENT, as_ranking
from memory_service.engine.options import EngineOptions
from memory_service.model.recall import Legs

if TYPE_CHECKING:
    from memory_service.model.recall import RecallRequest
    from memory_service.retrieval.cut import FallOff

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


#: The rankings that are compared with each other; the last is the product's.
SYSTEMS: Mapping[str, Manner] = {
    "lexical": Manner(request=as_ranking(Legs(dense=False))),
    "dense": Manner(request=as_ranking(Legs(lexical=False))),
    "hybrid": Manner(request=as_ranking(Legs())),
}
PRODUCT = "hybrid"


def _dense_weight(weight: float) -> Adjust:
    return lambda options: replace(options, fusion=replace(options.fusion, dense_weight=weight))


def _one_weight_for_all_scripts(options: EngineOptions) -> EngineOptions:
    fusion = options.fusion
    return replace(options, fusion=replace(fusion, other_scripts_weight=fusion.dense_weight))


def _fall_off(change: Callable[[FallOff], FallOff]) -> Adjust:
    return lambda options: replace(options, fall_off=change(options.fall_off))


#: The product without one of its parts, by name.
VARIANTS: Mapping[str, Adjust] = {
    DEFAULT: unchanged,
    "no dense weight": _dense_weight(0.0),
    "no lexical weight": _dense_weight(1.0),
    "one weight for all scripts": _one_weight_for_all_scripts,
    "no reserve after the fall-off": _fall_off(lambda shape: replace(shape, reserve=0)),
}


def _shoulder(share: float) -> Manner:
    return Manner(
        request=replace(AS_AGENT, limit=20),
        adjust=_fall_off(lambda shape: replace(shape, shoulder=share)),
    )


#: The adaptive cut along its knob, from few hits to many; its default is measured beside them.
CUT_POINTS: Mapping[str, Manner] = {
    f"shoulder {share:.1f}": _shoulder(share) for share in (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
}
