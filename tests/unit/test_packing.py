"""Packing: a budget is never exceeded, and the estimate is the one named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.packing import estimate_tokens, fitting

TOKENS = st.lists(st.integers(0, 50), max_size=20)


def test_a_token_is_four_bytes_of_utf8_rounded_up() -> None:
    assert [estimate_tokens(text) for text in ("", "a", "four", "fives", "发射")] == [0, 1, 1, 2, 2]


def test_without_a_budget_everything_fits() -> None:
    assert fitting([5, 5, 5], None) == 3


def test_the_first_that_does_not_fit_ends_the_answer() -> None:
    assert fitting([5, 20, 1], 10) == 1


@given(TOKENS, st.integers(1, 200))
def test_the_budget_is_never_exceeded_and_no_further_hit_would_have_fitted(
    tokens: list[int], budget: int
) -> None:
    kept = fitting(tokens, budget)

    assert sum(tokens[:kept]) <= budget
    assert kept == len(tokens) or sum(tokens[: kept + 1]) > budget
