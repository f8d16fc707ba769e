"""The measures, against numbers worked out by hand and against a second, naive formula."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.evaluation.measures import (
    GRADED_NDCG,
    MEASURES,
    NDCG,
    binary_gain,
    graded_gain,
    hit_at,
    ndcg,
    recall_all,
    recall_at,
    reciprocal_rank,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_IDS = [f"e{number}" for number in range(30)]
_RANKED = st.lists(st.sampled_from(_IDS), unique=True)
_GOLD = st.dictionaries(st.sampled_from(_IDS), st.integers(1, 4), min_size=1)


def test_binary_ndcg_of_a_ranking_worked_out_by_hand() -> None:
    """Relevant at ranks 1 and 3 of three: (1 + 1/2) over (1 + 1/log2(3) + 1/2)."""
    gold = {"a": 1, "c": 4, "z": 1}

    value = ndcg(["a", "b", "c"], gold, k=10, gain=binary_gain)

    assert value == pytest.approx(1.5 / 2.130929753571457)


def test_graded_ndcg_of_a_ranking_worked_out_by_hand() -> None:
    """Grades 1 then 4: (1 + 4/log2(3)) over (4 + 1/log2(3))."""
    gold = {"a": 1, "c": 4}

    value = ndcg(["a", "c"], gold, k=10, gain=graded_gain)

    assert value == pytest.approx(3.5237190142858 / 4.6309297535715)


def test_what_lies_below_k_does_not_count() -> None:
    gold = {"c": 1}

    assert ndcg(["a", "b", "c"], gold, k=2, gain=binary_gain) == 0.0
    assert recall_at(["a", "b", "c"], gold, k=2) == 0.0
    assert hit_at(["a", "b", "c"], gold, k=2) == 0.0


def test_recall_is_the_share_of_the_relevant_entries() -> None:
    assert recall_at(["a", "b", "c"], {"a": 1, "c": 1, "x": 1, "y": 1}, k=3) == 0.5


@given(ranked=_RANKED, gold=_GOLD, k=st.integers(1, 30))
def test_all_are_found_exactly_where_recall_is_1(
    ranked: list[str], gold: dict[str, int], k: int
) -> None:
    assert (recall_all(ranked, gold, k=k) == 1) == (recall_at(ranked, gold, k=k) == 1)


def test_no_two_measures_share_a_name() -> None:
    names = [measure.name for measure in (*MEASURES, GRADED_NDCG)]

    assert len(set(names)) == len(names)


def test_the_reciprocal_rank_is_that_of_the_first_relevant_entry() -> None:
    assert reciprocal_rank(["a", "b", "c", "d"], {"c": 1, "d": 1}) == pytest.approx(1 / 3)
    assert reciprocal_rank(["a", "b"], {"c": 1}) == 0.0


@given(ranked=_RANKED, gold=_GOLD)
def test_ndcg_agrees_with_a_naive_formula(ranked: list[str], gold: dict[str, int]) -> None:
    """Summed rank by rank, the best ranking built outright."""
    best = sorted(gold, key=lambda entry: -gold[entry])

    assert GRADED_NDCG.compute(ranked, gold) == pytest.approx(
        _naive_dcg(ranked, gold) / _naive_dcg(best, gold)
    )


@given(ranked=_RANKED, gold=_GOLD)
def test_every_measure_lies_between_0_and_1(ranked: list[str], gold: dict[str, int]) -> None:
    values = [measure.compute(ranked, gold) for measure in (*MEASURES, GRADED_NDCG)]

    assert all(0 <= value <= 1 + 1e-12 for value in values)


@given(gold=_GOLD)
def test_the_best_ranking_has_1_in_every_measure_that_looks_at_order(gold: dict[str, int]) -> None:
    best = sorted(gold, key=lambda entry: -gold[entry])

    assert GRADED_NDCG.compute(best, gold) == pytest.approx(1)
    assert NDCG.compute(best, gold) == pytest.approx(1)
    assert reciprocal_rank(best, gold) == 1
    assert recall_at(best, gold, k=len(best)) == 1


@given(ranked=_RANKED, gold=_GOLD, k=st.integers(1, 30))
def test_recall_never_falls_with_k(ranked: list[str], gold: dict[str, int], k: int) -> None:
    assert recall_at(ranked, gold, k=k) <= recall_at(ranked, gold, k=k + 1)


def _naive_dcg(ranked: Sequence[str], gold: Mapping[str, int]) -> float:
    total = 0.0
    for place in range(min(10, len(ranked))):
        total += gold.get(ranked[place], 0) * math.log(2) / math.log(place + 2)
    return total
