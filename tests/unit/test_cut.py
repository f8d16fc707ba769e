"""The cut: where an answer ends, and why it says so."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from memory_service.model.recall import CutMode, CutReason
from memory_service.retrieval.cut import CutOptions, CutPlace, cut

FALLING = st.lists(st.floats(min_value=0.0, max_value=1.0), max_size=30).map(
    lambda values: sorted(values, reverse=True)
)


def cut_at(values: list[float], options: CutOptions) -> CutPlace:
    return cut(np.array(values), np.array(values), options)


def test_one_that_stands_out_comes_alone() -> None:
    assert cut_at([1.0, 0.2, 0.1, 0.05], CutOptions()) == CutPlace(keep=1, reason=CutReason.GAP)


def test_those_near_the_best_come_with_it_and_one_more_in_reserve() -> None:
    place = cut_at([1.0, 0.9, 0.71, 0.5, 0.45, 0.1], CutOptions())

    assert place == CutPlace(keep=4, reason=CutReason.GAP)


def test_a_flat_curve_is_cut_by_the_limit() -> None:
    assert cut_at([1.0] * 20, CutOptions(limit=8)) == CutPlace(keep=8, reason=CutReason.LIMIT)


def test_what_runs_out_is_exhausted() -> None:
    assert cut_at([1.0, 0.9], CutOptions()) == CutPlace(keep=2, reason=CutReason.EXHAUSTED)
    assert cut_at([], CutOptions()) == CutPlace(keep=0, reason=CutReason.EXHAUSTED)


def test_min_k_reaches_past_the_gap() -> None:
    place = cut_at([1.0, 0.1, 0.1, 0.0, 0.0], CutOptions(min_k=3))

    assert place == CutPlace(keep=3, reason=CutReason.GAP)


def test_off_is_a_fixed_number() -> None:
    place = cut_at([1.0, 0.1, 0.0, 0.0], CutOptions(mode=CutMode.OFF, limit=3))

    assert place == CutPlace(keep=3, reason=CutReason.OFF)


def test_min_score_looks_at_the_absolute_scores_and_overrules_min_k() -> None:
    fused, scores = np.array([1.0, 0.9, 0.8, 0.1]), np.array([0.6, 0.3, 0.2, 0.1])

    place = cut(fused, scores, CutOptions(min_score=0.3, min_k=3))

    assert place == CutPlace(keep=2, reason=CutReason.MIN_SCORE)


def test_a_min_score_that_excludes_nothing_is_not_the_reason() -> None:
    place = cut(np.array([1.0, 0.0, 0.0]), np.array([0.6, 0.5, 0.4]), CutOptions(min_score=0.1))

    assert place == CutPlace(keep=1, reason=CutReason.GAP)


@given(FALLING, st.integers(1, 40), st.integers(0, 40), st.sampled_from(CutMode))
def test_the_cut_lies_between_min_k_and_limit_as_far_as_candidates_go(
    values: list[float], limit: int, min_k: int, mode: CutMode
) -> None:
    options = CutOptions(mode=mode, limit=limit, min_k=min(min_k, limit))

    place = cut_at(values, options)

    assert min(options.min_k, len(values)) <= place.keep <= min(limit, len(values))
    assert (place.reason is CutReason.EXHAUSTED) <= (place.keep == len(values))


@given(FALLING, st.floats(min_value=0.0, max_value=1.0))
def test_nothing_below_min_score_is_kept(values: list[float], min_score: float) -> None:
    place = cut_at(values, CutOptions(min_score=min_score))

    assert all(value >= min_score for value in values[: place.keep])
