"""Cuts at an equal price, on curves worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.evaluation.curves import (
    Kept,
    compare_with_fixed,
    curve,
    figures_of,
    gold_at,
    tokens_at,
)


def _kept(tokens: list[float], share: list[float]) -> Kept:
    """Answers of one hit a question."""
    count = len(tokens)
    return Kept(
        tokens=np.array(tokens),
        hits=np.ones(count),
        relevant=np.array([float(part > 0) for part in share]),
        share=np.array(share),
    )


def test_figures_are_means_and_precision_is_over_all_hits() -> None:
    """Three hits of which two are gold, one question empty-handed."""
    kept = Kept(
        tokens=np.array([30.0, 10.0]),
        hits=np.array([3.0, 0.0]),
        relevant=np.array([2.0, 0.0]),
        share=np.array([1.0, 0.0]),
    )

    found = figures_of(kept)

    assert (found.hits, found.tokens, found.gold_kept) == (1.5, 20.0, 0.5)
    assert found.precision == pytest.approx(2 / 3)


def test_nothing_returned_has_precision_0() -> None:
    none = np.zeros(2)

    assert figures_of(Kept(tokens=none, hits=none, relevant=none, share=none)).precision == 0.0


def test_there_are_no_figures_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        figures_of(_kept([], []))


def test_a_curve_is_straight_between_its_points_and_ends_with_them() -> None:
    line = curve([200.0, 100.0], [0.8, 0.6])

    assert gold_at(line, 150.0) == pytest.approx(0.7)
    assert tokens_at(line, 0.75) == pytest.approx(175.0)
    assert gold_at(line, 99.0) is gold_at(line, 201.0) is None
    assert tokens_at(line, 0.59) is tokens_at(line, 0.81) is None


def test_a_setting_that_costs_more_and_keeps_less_is_not_on_the_curve() -> None:
    line = curve([100.0, 150.0, 200.0, 200.0], [0.6, 0.5, 0.8, 0.7])

    assert line.tokens.tolist() == [100.0, 200.0]
    assert line.gold.tolist() == [0.6, 0.8]


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 20)), min_size=1, max_size=12),
    st.floats(0, 1),
)
def test_going_along_the_curve_and_back_ends_where_it_began(
    points: list[tuple[int, int]], place: float
) -> None:
    line = curve([float(t) for t, _ in points], [g / 20 for _, g in points])
    tokens = float(line.tokens[0] + place * (line.tokens[-1] - line.tokens[0]))
    tokens = min(tokens, float(line.tokens[-1]))

    gold = gold_at(line, tokens)

    assert gold is not None
    assert tokens_at(line, gold) == pytest.approx(tokens)


def test_saving_and_gain_are_read_off_the_curve() -> None:
    """The curve keeps 0.5 for 100 tokens and 1.0 for 200; fixed costs 200 and keeps 0.75."""
    few, many = _kept([100.0, 100.0], [0.5, 0.5]), _kept([200.0, 200.0], [1.0, 1.0])
    fixed = _kept([200.0, 200.0], [0.75, 0.75])

    found = compare_with_fixed([few, many], fixed, seed=0)

    assert found.tokens_saved is not None
    assert found.gold_gained is not None
    assert found.tokens_saved.mean == pytest.approx(0.25)
    assert found.gold_gained.mean == pytest.approx(0.25)


def test_a_way_to_cut_against_itself_saves_and_gains_nothing() -> None:
    """Whatever questions are drawn, its point lies on its own curve."""
    points = [_kept([10.0, 30.0, 20.0], [0.0, 1.0, 0.5]), _kept([40.0, 40.0, 40.0], [1.0] * 3)]

    found = compare_with_fixed(points, points[0], seed=1)

    for bounds in (found.tokens_saved, found.gold_gained):
        assert bounds is not None
        assert (bounds.mean, bounds.low, bounds.high) == pytest.approx((0.0, 0.0, 0.0))


def test_a_fixed_number_beyond_the_curve_is_not_compared() -> None:
    found = compare_with_fixed([_kept([100.0], [0.5])], _kept([50.0], [0.9]), seed=0)

    assert found.tokens_saved is None
    assert found.gold_gained is None
