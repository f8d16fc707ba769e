"""The measures, against numbers worked out by hand and against a second, naive formula."""

from __future__ import annotations

import math
from statistics import fmean
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.metrics import (
    GRADED_NDCG,
    METRICS,
    binary_gain,
    graded_gain,
    hit_at,
    interval,
    ndcg,
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
    values = [metric.compute(ranked, gold) for metric in (*METRICS, GRADED_NDCG)]

    assert all(0 <= value <= 1 + 1e-12 for value in values)


@given(gold=_GOLD)
def test_the_best_ranking_has_1_in_every_measure_that_looks_at_order(gold: dict[str, int]) -> None:
    best = sorted(gold, key=lambda entry: -gold[entry])

    assert GRADED_NDCG.compute(best, gold) == pytest.approx(1)
    assert METRICS[0].compute(best, gold) == pytest.approx(1)
    assert reciprocal_rank(best, gold) == 1
    assert recall_at(best, gold, k=len(best)) == 1


@given(ranked=_RANKED, gold=_GOLD, k=st.integers(1, 30))
def test_recall_never_falls_with_k(ranked: list[str], gold: dict[str, int], k: int) -> None:
    assert recall_at(ranked, gold, k=k) <= recall_at(ranked, gold, k=k + 1)


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


def _naive_dcg(ranked: Sequence[str], gold: Mapping[str, int]) -> float:
    total = 0.0
    for place in range(min(10, len(ranked))):
        total += gold.get(ranked[place], 0) * math.log(2) / math.log(place + 2)
    return total
