"""Measures of a probability against slow and exact ones."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.evaluation.calibration import (
    Bin,
    auroc,
    auroc_interval,
    calibration_error,
    false_positive_rate,
    reliability,
    threshold_keeping,
)

#: Few different values, so that there are ties and full bins.
_SOME = st.lists(st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.31, 0.7, 0.95, 1.0]), min_size=1)


@given(positives=_SOME, negatives=_SOME)
def test_the_area_is_the_share_of_pairs_in_the_right_order(
    positives: list[float], negatives: list[float]
) -> None:
    points = sum(2 * (high > low) + (high == low) for high in positives for low in negatives)

    assert auroc(positives, negatives) == pytest.approx(
        points / (2 * len(positives) * len(negatives))
    )


def test_an_interval_lies_around_the_area_and_comes_again() -> None:
    positives, negatives = [0.9, 0.8, 0.4, 0.7, 0.6], [0.1, 0.5, 0.3, 0.65]

    found = auroc_interval(positives, negatives, seed=3)

    assert found.mean == auroc(positives, negatives)
    assert 0.5 < found.low < found.mean < found.high <= 1.0
    assert found == auroc_interval(positives, negatives, seed=3)


def test_an_interval_of_what_cannot_vary_has_no_width() -> None:
    found = auroc_interval([0.9, 0.9], [0.1, 0.1], seed=0)

    assert (found.low, found.mean, found.high) == (1.0, 1.0, 1.0)


@given(values=_SOME, percent=st.integers(1, 100))
def test_a_threshold_is_the_highest_value_that_enough_reach(
    values: list[float], percent: int
) -> None:
    share = Fraction(percent, 100)
    enough = [
        limit
        for limit in values
        if Fraction(sum(value >= limit for value in values), len(values)) >= share
    ]

    assert threshold_keeping(values, percent / 100) == max(enough)


def test_negatives_at_the_threshold_pass() -> None:
    positives = [0.9] * 19 + [0.1]

    assert false_positive_rate(positives, [0.95, 0.9, 0.89, 0.1], kept=0.95) == 0.5
    assert false_positive_rate(positives, [0.95, 0.9, 0.89, 0.1], kept=1.0) == 1.0


@given(positives=_SOME, negatives=_SOME, balanced=st.booleans())
def test_bins_hold_every_question_once_where_its_probability_lies(
    positives: list[float], negatives: list[float], balanced: bool
) -> None:
    each = {True: Fraction(1, 2 * len(positives)), False: Fraction(1, 2 * len(negatives))}
    if not balanced:
        each = dict.fromkeys(each, Fraction(1, len(positives) + len(negatives)))
    asked = [(value, True) for value in positives] + [(value, False) for value in negatives]

    bins = reliability(positives, negatives, balanced=balanced)

    assert sum(one.share for one in bins) == pytest.approx(1.0)
    for one in bins:
        inside = [
            pair for pair in asked if one.low <= pair[0] < one.high or pair[0] == one.high == 1.0
        ]
        share = float(sum(each[answered] for _, answered in inside))
        known = float(sum(each[answered] for _, answered in inside if answered))
        mean = sum(value * float(each[answered]) for value, answered in inside) / share
        assert one.share == pytest.approx(share)
        assert one.observed == pytest.approx(known / share)
        assert one.predicted == pytest.approx(mean)


def test_a_base_rate_of_one_half_makes_the_larger_side_no_heavier() -> None:
    by_count = reliability([0.95], [0.95, 0.95, 0.95], balanced=False)
    balanced = reliability([0.95], [0.95, 0.95, 0.95], balanced=True)

    assert [one.observed for one in by_count] == pytest.approx([0.25])
    assert [one.observed for one in balanced] == pytest.approx([0.5])


def test_what_says_three_in_four_and_is_right_three_in_four_times_has_no_error() -> None:
    bins = reliability([0.75] * 3, [0.75], balanced=False)

    assert calibration_error(bins) == pytest.approx(0.0)


def test_bins_err_in_proportion_to_their_share() -> None:
    sure = Bin(low=0.9, high=1.0, share=0.75, predicted=0.95, observed=0.55)
    unsure = Bin(low=0.0, high=0.1, share=0.25, predicted=0.05, observed=0.25)

    assert calibration_error([sure, unsure]) == pytest.approx(0.75 * 0.4 + 0.25 * 0.2)
