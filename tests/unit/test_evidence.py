"""Evidence grows with its signs, and its levels with it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.model.recall import EvidenceLevel
from memory_service.retrieval.evidence import SignWeights
from memory_service.retrieval.signs import SIGNS, Seen
from tests.support.ranking import plain_evidence

LEVELS = [EvidenceLevel.NONE, EvidenceLevel.WEAK, EvidenceLevel.STRONG]
UNIT = st.floats(0.0, 1.0)
WEIGHTS = st.dictionaries(st.sampled_from([*SIGNS]), st.floats(0.0, 30.0))


def a_sight(dense: float, words: float, margin: float = 0.0) -> Seen:
    """Twelve candidates, of which the last is the first; half of its lead is the margin."""
    return Seen(
        values=np.array([0.0] * 11 + [2.0 * margin]),
        first=11,
        dense=np.array([0.0] * 11 + [dense]),
        window=np.array([0.0] * 11 + [words]),
    )


def test_a_judge_is_a_logistic_over_its_signs() -> None:
    judge = SignWeights(weights={"dense": 2.0, "words": 3.0, "margin": 0.5}, bias=-1.0)

    found = judge.probability(a_sight(0.5, 0.25, margin=4.0))

    assert found == pytest.approx(1.0 / (1.0 + math.exp(-(1.0 + 0.75 + 2.0 - 1.0))))


@given(WEIGHTS, st.floats(-20.0, 20.0), st.lists(UNIT, min_size=6, max_size=6))
def test_more_of_a_sign_never_means_less_evidence(
    weights: dict[str, float], bias: float, signs: list[float]
) -> None:
    judge = SignWeights(weights=weights, bias=bias)
    pairs = [sorted(signs[place : place + 2]) for place in (0, 2, 4)]

    less, more = (judge.probability(a_sight(*(pair[end] for pair in pairs))) for end in (0, 1))

    assert 0.0 <= less <= more + 1e-12 <= 1.0 + 1e-12


@pytest.mark.parametrize(("bias", "probability"), [(-1e4, 0.0), (1e4, 1.0)])
def test_a_judge_may_be_as_sure_as_it_likes(bias: float, probability: float) -> None:
    judge = SignWeights(weights={"dense": 1.0}, bias=bias)

    assert judge.probability(a_sight(0.5, 0.5)) == probability


@given(UNIT, UNIT)
def test_levels_rise_with_the_probability(one: float, other: float) -> None:
    weights = plain_evidence()

    judge = weights.judges.both
    lower, higher = (LEVELS.index(weights.level(p, judge)) for p in sorted((one, other)))

    assert lower <= higher


@pytest.mark.parametrize(
    ("probability", "level"),
    [
        (0.0, EvidenceLevel.NONE),
        (0.2999, EvidenceLevel.NONE),
        (0.3, EvidenceLevel.WEAK),
        (0.6999, EvidenceLevel.WEAK),
        (0.7, EvidenceLevel.STRONG),
        (1.0, EvidenceLevel.STRONG),
    ],
)
def test_a_border_belongs_to_the_level_above_it(probability: float, level: EvidenceLevel) -> None:
    weights = replace(plain_evidence(), weak_from=0.3, strong_from=0.7)

    assert weights.level(probability, weights.judges.both) is level


def test_a_judge_may_have_a_border_of_its_own() -> None:
    weights = replace(plain_evidence(), weak_from=0.3, strong_from=0.7)
    cautious = SignWeights(weights={}, bias=0.0, weak_from=0.1)

    assert weights.level(0.2, weights.judges.both) is EvidenceLevel.NONE
    assert weights.level(0.2, cautious) is EvidenceLevel.WEAK
