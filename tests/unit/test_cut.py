"""The cut: which candidates are worth their place, where an answer ends, and why it says so."""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.model.recall import CutMode, CutReason
from memory_service.retrieval.cut import CutOptions, CutPlace, costs, cut
from tests.support.candidates import a_ranking

RANKS = st.lists(
    st.tuples(st.floats(0.0, 1.0), st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0])), max_size=30
).map(lambda rows: sorted(rows, key=lambda row: -row[0]))
OPTIONS = st.builds(
    lambda mode, limit, min_k, min_score, worth: CutOptions(
        mode=mode, limit=limit, min_k=min(min_k, limit), min_score=min_score, worth=worth
    ),
    mode=st.sampled_from(CutMode),
    limit=st.integers(1, 40),
    min_k=st.integers(0, 40),
    min_score=st.none() | st.floats(0.0, 1.0),
    worth=st.floats(0.0, 0.5),
)


def cut_at(
    likely: list[float], cost: list[float] | None = None, *, evidence: float = 1.0, **options: Any
) -> CutPlace:
    """Of entries of usual length, unless costs are given."""
    ranking = a_ranking(likely, cost or [1.0] * len(likely), evidence=evidence)
    return cut(ranking, CutOptions(**options))


def columns(rows: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Probabilities and costs."""
    return [likely for likely, _ in rows], [cost for _, cost in rows]


def kept(*ranks: int, reason: CutReason) -> CutPlace:
    return CutPlace(kept=ranks, reason=reason)


def test_what_is_likely_enough_is_kept() -> None:
    place = cut_at([0.6, 0.2, 0.1, 0.09, 0.0], worth=0.1)

    assert place == kept(0, 1, 2, reason=CutReason.UNLIKELY)


def test_the_best_is_worth_its_place_however_unlikely() -> None:
    assert cut_at([1e-9, 1e-9], worth=0.1) == kept(0, reason=CutReason.UNLIKELY)


def test_a_rank_that_is_too_long_for_its_probability_is_skipped() -> None:
    place = cut_at([0.9, 0.3, 0.3, 0.06], [4.0, 4.0, 1.0, 0.5], worth=0.1)

    assert place == kept(0, 2, 3, reason=CutReason.UNLIKELY)


def test_a_flat_curve_is_cut_by_the_limit() -> None:
    assert cut_at([0.5] * 20, limit=8) == kept(*range(8), reason=CutReason.LIMIT)


def test_what_just_fills_the_limit_ends_for_want_of_more() -> None:
    assert cut_at([0.5, 0.5, 0.0], limit=2, worth=0.1) == kept(0, 1, reason=CutReason.UNLIKELY)


def test_what_runs_out_is_exhausted() -> None:
    assert cut_at([0.6, 0.3]) == kept(0, 1, reason=CutReason.EXHAUSTED)
    assert cut_at([]) == kept(reason=CutReason.EXHAUSTED)


def test_min_k_keeps_the_first_however_unlikely_and_long() -> None:
    place = cut_at([0.9, 0.0, 0.0, 0.0], [1.0, 4.0, 1.0, 1.0], min_k=3)

    assert place == kept(0, 1, 2, reason=CutReason.UNLIKELY)


def test_off_is_a_fixed_number() -> None:
    assert cut_at([0.9, 0.0, 0.0, 0.0], mode=CutMode.OFF, limit=3) == kept(
        0, 1, 2, reason=CutReason.OFF
    )
    assert cut_at([], mode=CutMode.OFF) == kept(reason=CutReason.OFF)


@pytest.mark.parametrize("mode", CutMode)
def test_min_score_overrules_min_k_and_off(mode: CutMode) -> None:
    place = cut_at([0.6, 0.3, 0.2, 0.1], mode=mode, min_score=0.3, min_k=3)

    assert place == kept(0, 1, reason=CutReason.MIN_SCORE)


def test_a_min_score_that_excludes_nothing_is_not_the_reason() -> None:
    assert cut_at([0.6, 0.5, 0.4, 0.0], min_score=0.1) == kept(0, 1, 2, reason=CutReason.UNLIKELY)


def test_how_likely_an_answer_is_does_not_move_the_worth_of_its_parts() -> None:
    sure, unsure = (
        cut_at([0.6, 0.2, 0.04], evidence=evidence, worth=0.1) for evidence in (1.0, 0.1)
    )

    assert sure == unsure == kept(0, 1, reason=CutReason.UNLIKELY)


def test_min_score_looks_at_the_probability_of_answering() -> None:
    """That is the evidence times how likely the entry is, if there is an answer."""
    place = cut_at([0.8, 0.4, 0.2], evidence=0.5, min_score=0.2)

    assert place == kept(0, 1, reason=CutReason.MIN_SCORE)


@given(RANKS, OPTIONS, st.floats(0.0, 1.0))
def test_the_cut_is_its_rule(
    rows: list[tuple[float, float]], options: CutOptions, evidence: float
) -> None:
    """Rank by rank: an oracle that asks of each whether it may stay."""
    place = cut(a_ranking(*columns(rows), evidence=evidence), options)

    expected: list[int] = []
    for rank, (likely, cost) in enumerate(rows):
        forced = options.mode is CutMode.OFF or rank < max(options.min_k, 1)
        if len(expected) < options.limit and (forced or likely >= options.worth * cost):
            expected.append(rank)
    if options.min_score is not None:
        expected = [rank for rank in expected if evidence * rows[rank][0] >= options.min_score]
    assert place.kept == tuple(expected)


@given(RANKS, OPTIONS)
def test_the_reason_fits_what_is_left_out(
    rows: list[tuple[float, float]], options: CutOptions
) -> None:
    place = cut(a_ranking(*columns(rows)), options)

    match place.reason:
        case CutReason.OFF:
            assert options.mode is CutMode.OFF
        case CutReason.EXHAUSTED:
            assert len(place.kept) == len(rows)
        case CutReason.LIMIT:
            assert len(place.kept) == options.limit < len(rows)
        case CutReason.UNLIKELY:
            assert 0 < len(place.kept) < len(rows)
        case CutReason.MIN_SCORE:
            assert options.min_score is not None
            assert len(place.kept) < min(options.limit, len(rows))
        case _:
            pytest.fail(f"a cut does not know {place.reason}")


LENGTHS = st.lists(st.integers(0, 5000), min_size=1, max_size=30)


@given(LENGTHS)
def test_a_cost_is_the_length_in_usual_ones_within_bounds(lengths: list[int]) -> None:
    usual = max(median(lengths), 1)

    found = costs(np.array(lengths))

    assert found == pytest.approx([min(max(length / usual, 0.25), 4.0) for length in lengths])


def test_costs_of_nothing_and_of_empty_texts() -> None:
    assert costs(np.array([], np.int64)).tolist() == []
    assert costs(np.array([0, 0, 0])).tolist() == [0.25] * 3
