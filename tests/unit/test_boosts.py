"""Boosts: bounded, in any order the same, and nothing without a weight."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from memory_service.retrieval.boosts import compounded, frequency, importance, raised, recency

UNIT = st.floats(0.0, 1.0)
PLACES = arrays(np.float64, 5, elements=UNIT)
MATCHES = arrays(np.float64, 5, elements=st.one_of(UNIT, st.just(math.nan)))


@given(places=PLACES, match=MATCHES, weight=UNIT)
def test_a_boost_raises_and_stays_within_bounds(
    places: np.ndarray, match: np.ndarray, weight: float
) -> None:
    after = raised(places, match, weight)

    assert (after >= places).all()
    assert (after <= 1.0).all()
    assert (after[places == 1.0] == 1.0).all()
    assert (after[np.isnan(match)] == places[np.isnan(match)]).all()


@given(places=PLACES, match=MATCHES)
def test_a_weight_of_0_changes_nothing(places: np.ndarray, match: np.ndarray) -> None:
    assert raised(places, match, 0.0).tolist() == places.tolist()


@given(places=PLACES, match=st.floats(0.0, 1.0), weight=UNIT)
def test_what_fits_alike_keeps_its_order(places: np.ndarray, match: float, weight: float) -> None:
    after = raised(np.sort(places), np.full(5, match), weight)

    assert (np.diff(after) >= -1e-15).all()


@given(places=PLACES, boosts=st.lists(st.tuples(MATCHES, UNIT), max_size=4))
def test_several_boosts_are_one_after_the_other_in_any_order(
    places: np.ndarray, boosts: list[tuple[np.ndarray, float]]
) -> None:
    stepwise = places
    for match, weight in reversed(boosts):
        stepwise = raised(stepwise, match, weight)

    assert raised(places, compounded(5, boosts), 1.0) == pytest.approx(stepwise, abs=1e-12)


def test_recency_halves_with_every_half_life_and_the_future_is_now() -> None:
    ages = np.array([-3.0, 0.0, 30.0, 60.0, math.nan])

    assert recency(ages, 30.0).tolist()[:4] == [1.0, 1.0, 0.5, 0.25]
    assert math.isnan(recency(ages, 30.0)[4])


def test_importance_is_cut_and_frequency_saturates() -> None:
    assert importance(np.array([-1.0, 0.4, 7.0])).tolist() == [0.0, 0.4, 1.0]
    assert frequency(np.array([-2.0, 0.0, 5.0, 15.0])).tolist() == [0.0, 0.0, 0.5, 0.75]
    assert frequency(np.array([1e300]))[0] == 1.0
