"""Reads coefficients: plain numbers in JSON, checked by name, no code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from memory_service.retrieval.evidence import EvidenceWeights, Judges, SignWeights
from memory_service.retrieval.features import FEATURES
from memory_service.retrieval.relevance import Relevance
from memory_service.retrieval.signs import SIGNS
from memory_service.retrieval.weighing import LinearWeights, RankingWeights

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Version of the file format.
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """One set of coefficients.

    `models` are the SHA-256 of the weights of the embedders whose vectors it was fitted on: for
    another one the same numbers hold as a generic calibration, over features that are measured
    against the model's own unrelated texts.  `licence` says what the set may be used for.
    """

    weights: RankingWeights
    relevance: Relevance
    evidence: EvidenceWeights
    models: frozenset[str]
    licence: str

    def calibration(self, model: str) -> str:
        """`fitted` for an embedder it was fitted on, else `generic`."""
        return "fitted" if model in self.models else "generic"


def load_fitted() -> Fitted:
    """The set that ships.

    Raises:
        ValueError: If the file is of another format, or names a feature that is not known.
    """
    text = files("memory_service.fitted").joinpath("coefficients.json").read_text(encoding="utf-8")
    return parse_fitted(json.loads(text))


def parse_fitted(value: Mapping[str, Any]) -> Fitted:
    """The set that a file's content describes; see `load_fitted`."""
    if value["format"] != FORMAT:
        raise ValueError(f"coefficients of format {value['format']}, not {FORMAT}")
    return Fitted(
        weights=_ranking(value["ranking"]),
        relevance=Relevance(**value["relevance"]),
        evidence=_evidence(value["evidence"]),
        models=frozenset(value["fitted_on"]["models"]),
        licence=value["licence"],
    )


def _ranking(value: Mapping[str, Any]) -> RankingWeights:
    legs = {name: _linear(weights) for name, weights in value.items()}
    return RankingWeights(**legs)


def _linear(value: Mapping[str, Mapping[str, float]]) -> LinearWeights:
    return LinearWeights(
        entry=_known(value["entry"], FEATURES), turn=_known(value["turn"], FEATURES)
    )


def _evidence(value: Mapping[str, Any]) -> EvidenceWeights:
    judges = {
        name: SignWeights(
            weights=_known(judge["weights"], SIGNS),
            bias=judge["bias"],
            weak_from=judge.get("weak_from"),
        )
        for name, judge in value["judges"].items()
    }
    return EvidenceWeights(
        judges=Judges(**judges), weak_from=value["weak_from"], strong_from=value["strong_from"]
    )


def _known(weights: Mapping[str, float], names: Mapping[str, object]) -> Mapping[str, float]:
    unknown = weights.keys() - names.keys()
    if unknown:
        raise ValueError(f"coefficients name what is not known: {', '.join(sorted(unknown))}")
    return weights
