"""From values to probabilities: bounded, in the same order, and never overflowing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.relevance import Relevance, log_shares, logistic

VALUES = st.lists(st.floats(min_value=-50.0, max_value=50.0), min_size=1, max_size=20).map(
    lambda values: np.array(values)
)
MODELS = st.builds(Relevance, share=st.floats(0.0, 3.0), bias=st.floats(-3.0, 3.0))


@given(VALUES)
def test_shares_are_those_of_the_softmax(values: np.ndarray) -> None:
    shares = np.exp(log_shares(values))

    powers = [math.exp(value - max(values)) for value in values]
    assert shares == pytest.approx([power / math.fsum(powers) for power in powers])
    assert shares.sum() == pytest.approx(1.0)


@given(MODELS, VALUES)
def test_a_probability_rises_with_its_value(model: Relevance, values: np.ndarray) -> None:
    found = model.probabilities(np.sort(values))

    assert (np.diff(found) >= 0.0).all()
    assert ((found >= 0.0) & (found <= 1.0)).all()


@given(MODELS, VALUES, st.floats(-100.0, 100.0))
def test_where_the_values_start_does_not_matter(
    model: Relevance, values: np.ndarray, start: float
) -> None:
    moved = model.probabilities(values + start)

    assert moved == pytest.approx(model.probabilities(values), abs=1e-9)


@given(MODELS, VALUES, st.floats(-50.0, 50.0))
def test_one_more_candidate_makes_no_other_likelier(
    model: Relevance, values: np.ndarray, further: float
) -> None:
    more = model.probabilities(np.append(values, further))

    assert (more[:-1] <= model.probabilities(values) + 1e-12).all()


def test_a_logistic_over_the_share() -> None:
    found = Relevance(share=2.0, bias=-1.0).probabilities(np.log(np.array([3.0, 1.0])))

    odds = [share**2 / math.e for share in (0.75, 0.25)]
    assert found == pytest.approx([each / (1.0 + each) for each in odds])


def test_the_only_candidate_has_the_whole_share() -> None:
    found = Relevance(share=2.0, bias=0.0).probabilities(np.array([-7.0]))

    assert found == pytest.approx([0.5])


def test_of_no_candidate_there_is_no_probability() -> None:
    assert Relevance(share=1.0, bias=0.0).probabilities(np.array([])).tolist() == []


def test_values_far_apart_are_certain_and_nothing_overflows() -> None:
    found = Relevance(share=1.0, bias=20.0).probabilities(np.array([1e9, 0.0, -1e9]))

    assert found == pytest.approx([1.0, 0.0, 0.0])


@pytest.mark.parametrize("log_odds", [-1e6, -800.0, 0.0, 800.0, 1e6])
def test_log_odds_of_any_size_are_a_probability(log_odds: float) -> None:
    expected = 0.5 if log_odds == 0.0 else float(log_odds > 0.0)

    assert logistic(np.array([log_odds])) == pytest.approx([expected])


@given(st.floats(-30.0, 30.0))
def test_a_probability_and_its_opposite_add_up_to_1(log_odds: float) -> None:
    assert logistic(np.array([log_odds])) + logistic(np.array([-log_odds])) == pytest.approx([1.0])
