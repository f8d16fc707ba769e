"""Intervals, against the normal approximation and against their own definition."""

from __future__ import annotations

import math
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.evaluation.intervals import interval, interval_by_group


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    values = [place**2 / 900 for place in range(30)]

    first, again, other = (interval(values, seed=seed) for seed in (7, 7, 8))

    assert first == again
    assert first != other


@given(values=st.lists(st.floats(-1, 1), min_size=1, max_size=40))
def test_an_interval_holds_means_of_the_values(values: list[float]) -> None:
    found = interval(values, seed=0, resamples=50)

    assert found.mean == pytest.approx(fmean(values))
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_an_interval_is_as_wide_as_the_normal_approximation_says() -> None:
    """For many coin throws the percentiles lie at 1.96 standard errors."""
    values = [0.0, 1.0] * 500

    found = interval(values, seed=0)

    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.5 / math.sqrt(1000), rel=0.1)


def test_there_is_no_interval_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        interval([], seed=0)


def test_drawing_groups_of_one_is_drawing_values() -> None:
    values = [place**2 / 900 for place in range(30)]

    assert interval_by_group(values, range(30), seed=3) == interval(values, seed=3)


def test_values_that_agree_inside_a_group_say_no_more_than_one_of_them() -> None:
    """Ten equal values in each of forty groups: as wide as forty values, not as four hundred."""
    values = [float(group % 2) for group in range(40) for _ in range(10)]
    groups = [group for group in range(40) for _ in range(10)]

    found = interval_by_group(values, groups, seed=0)

    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.5 / math.sqrt(40), rel=0.1)


def test_one_group_leaves_no_width() -> None:
    found = interval_by_group([0.0, 1.0, 1.0], "aaa", seed=0)

    assert (found.low, found.high) == pytest.approx((found.mean, found.mean))


def test_every_value_has_a_group() -> None:
    with pytest.raises(ValueError, match="as many groups"):
        interval_by_group([0.0, 1.0], "a", seed=0)
