"""Absolute scores: in [0, 1], growing with the raw score, and the same for every query."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.absolute import cosine_floor, dense_absolute, lexical_absolute

COSINES = st.lists(st.floats(min_value=-1.0, max_value=1.0), min_size=1, max_size=20)
FLOOR = st.floats(min_value=-0.5, max_value=0.95)


def test_the_floor_lies_1_3_deviations_above_the_mean() -> None:
    assert cosine_floor(0.7, 0.05) == pytest.approx(0.765)


def test_a_cosine_at_the_floor_is_nothing_and_one_of_1_is_all() -> None:
    scores = dense_absolute(np.array([0.7, 0.75, 1.0, 0.2, np.nan]), 0.7)

    assert scores == pytest.approx([0.0, 1 / 6, 1.0, 0.0, 0.0])


@given(COSINES, FLOOR)
def test_dense_scores_lie_in_the_unit_interval_and_keep_the_order(
    cosines: list[float], floor: float
) -> None:
    scores = dense_absolute(np.sort(np.array(cosines)), floor)

    assert scores.min() >= 0.0
    assert scores.max() <= 1.0
    assert (np.diff(scores) >= 0.0).all()


def test_bm25_is_measured_by_the_querys_own_bound() -> None:
    assert lexical_absolute(np.array([3.0, 6.0, 0.0]), 6.0).tolist() == [0.5, 1.0, 0.0]


def test_a_query_without_terms_has_no_lexical_score() -> None:
    assert lexical_absolute(np.array([0.0, 0.0]), 0.0).tolist() == [0.0, 0.0]


@given(st.lists(st.floats(0.0, 50.0), max_size=20), st.just(0.0) | st.floats(0.01, 40.0))
def test_lexical_scores_lie_in_the_unit_interval_and_keep_the_order(
    bm25: list[float], bound: float
) -> None:
    scores = lexical_absolute(np.sort(np.array(bm25)), bound)

    assert ((scores >= 0.0) & (scores <= 1.0)).all()
    assert (np.diff(scores) >= 0.0).all()
