"""From values to probabilities: bounded, in the same order, lower where there is no answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.relevance import Relevance, log_shares, logistic, logit

VALUES = st.lists(st.floats(min_value=-50.0, max_value=50.0), min_size=1, max_size=20).map(
    lambda values: np.array(values)
)
UNIT = st.floats(0.0, 1.0)
MODELS = st.builds(
    Relevance,
    share=st.floats(0.0, 3.0),
    evidence=st.floats(0.0, 3.0),
    bias=st.floats(-3.0, 3.0),
)


@given(VALUES)
def test_shares_are_those_of_the_softmax(values: np.ndarray) -> None:
    shares = np.exp(log_shares(values))

    powers = [math.exp(value - max(values)) for value in values]
    assert shares == pytest.approx([power / math.fsum(powers) for power in powers])
    assert shares.sum() == pytest.approx(1.0)


@given(MODELS, VALUES, UNIT)
def test_a_probability_rises_with_its_value(
    model: Relevance, values: np.ndarray, evidence: float
) -> None:
    found = model.probabilities(np.sort(values), evidence)

    assert (np.diff(found) >= 0.0).all()
    assert ((found >= 0.0) & (found <= 1.0)).all()


@given(MODELS, VALUES, UNIT, UNIT)
def test_less_evidence_lowers_every_probability(
    model: Relevance, values: np.ndarray, one: float, other: float
) -> None:
    less, more = (model.probabilities(values, p) for p in sorted((one, other)))

    assert (less <= more + 1e-15).all()


@given(MODELS, VALUES, UNIT, st.floats(-100.0, 100.0))
def test_where_the_values_start_does_not_matter(
    model: Relevance, values: np.ndarray, evidence: float, start: float
) -> None:
    moved = model.probabilities(values + start, evidence)

    assert moved == pytest.approx(model.probabilities(values, evidence), abs=1e-9)


def test_a_logistic_over_share_and_evidence() -> None:
    model = Relevance(share=2.0, evidence=0.5, bias=-1.0)

    found = model.probabilities(np.log(np.array([3.0, 1.0])), 0.8)

    odds = [share**2 * math.sqrt(0.8 / 0.2) / math.e for share in (0.75, 0.25)]
    assert found == pytest.approx([each / (1.0 + each) for each in odds])


def test_the_only_candidate_has_the_whole_share() -> None:
    model = Relevance(share=2.0, evidence=1.0, bias=0.0)

    assert model.probabilities(np.array([-7.0]), 0.7) == pytest.approx([0.7])


def test_of_no_candidate_there_is_no_probability() -> None:
    assert Relevance().probabilities(np.array([]), 0.5).tolist() == []


def test_values_far_apart_are_certain_and_nothing_overflows() -> None:
    found = Relevance().probabilities(np.array([1e9, 0.0, -1e9]), 1.0)

    assert found[0] > 0.99
    assert found[1:].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("log_odds", [-1e6, -800.0, 0.0, 800.0, 1e6])
def test_log_odds_of_any_size_are_a_probability(log_odds: float) -> None:
    expected = 0.5 if log_odds == 0.0 else float(log_odds > 0.0)

    assert logistic(np.array([log_odds])) == pytest.approx([expected])


@given(st.floats(min_value=1e-5, max_value=1.0 - 1e-5))
def test_log_odds_and_probability_are_each_others_inverse(probability: float) -> None:
    assert logistic(np.array([logit(probability)])) == pytest.approx([probability])


def test_log_odds_of_certainty_are_finite() -> None:
    assert logit(0.0) == pytest.approx(-logit(1.0))
    assert math.isfinite(logit(1.0))
