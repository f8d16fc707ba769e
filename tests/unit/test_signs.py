"""Signs of an answer: what each reads off a ranking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.model.read import LexicalLeg, LexicalQuery, QueryTerm
from memory_service.retrieval.conversation import conversation
from memory_service.retrieval.signs import SIGNS, Seen, coverage, window_coverage
from tests.support.candidates import Row, surroundings

THREE = [
    QueryTerm(word="zebra", idf=4.0, entries=0),
    QueryTerm(word="launch", idf=3.0, entries=2),
    QueryTerm(word="team", idf=1.0, entries=9, count=3),
]


def a_leg(terms: list[QueryTerm], *masks: int) -> LexicalLeg:
    return LexicalLeg(
        ordinals=np.arange(1, len(masks) + 1, dtype=np.int64),
        scores=np.zeros(len(masks)),
        matched=np.array(masks, dtype=np.uint64),
        query=LexicalQuery(terms=tuple(terms), bound=1.0),
    )


def a_sight(values: list[float], first: int = 0) -> Seen:
    rows = len(values)
    return Seen(
        values=np.array(values),
        first=first,
        dense=np.arange(rows) / 10,
        window=np.arange(rows) / 5,
    )


def test_coverage_is_the_share_of_idf_an_entry_holds() -> None:
    covered = coverage(a_leg(THREE, 0b000, 0b010, 0b110, 0b111))

    assert covered == pytest.approx([0.0, 0.3, 0.6, 1.0])


def test_a_query_without_terms_covers_nothing() -> None:
    assert coverage(a_leg([], 0, 0)).tolist() == [0.0, 0.0]
    assert coverage(a_leg(THREE)).tolist() == []


def test_coverage_reaches_the_64th_term_and_no_further() -> None:
    terms = [QueryTerm(word=str(number), idf=1.0, entries=1) for number in range(70)]

    assert coverage(a_leg(terms, 1 << 63, 2**64 - 1)) == pytest.approx([1 / 64, 1.0])


@given(st.lists(st.integers(0, 7), max_size=8))
def test_more_words_never_cover_less(masks: list[int]) -> None:
    covered = coverage(a_leg(THREE, *masks, *(mask | 0b010 for mask in masks)))

    half = len(masks)
    assert (covered[half:] >= covered[:half]).all()
    assert ((covered >= 0.0) & (covered <= 1.0)).all()


def test_a_turn_holds_words_together_with_the_one_before_it() -> None:
    rows = [
        Row(id="a", session=1),
        Row(id="b", session=1),
        Row(id="c"),
        Row(id="d", session=1),
    ]
    leg = a_leg(THREE, 0b010, 0b100, 0b100, 0b001)
    talk = conversation("?", leg.ordinals, surroundings(rows))

    assert window_coverage(leg, talk) == pytest.approx([0.3, 0.6, 0.3, 0.7])


def test_the_first_gives_its_likeness_and_its_words() -> None:
    seen = a_sight([1.0, 5.0, 3.0], first=1)

    assert SIGNS["dense"](seen) == pytest.approx(0.1)
    assert SIGNS["words"](seen) == pytest.approx(0.2)


@given(st.lists(st.floats(-9.0, 9.0), min_size=7, max_size=40))
def test_the_margin_is_how_far_the_first_stands_above_the_sixth_of_many(
    values: list[float],
) -> None:
    falling = sorted(values, reverse=True)

    share = (len(values) - 6) / len(values)
    assert SIGNS["margin"](a_sight(values)) == pytest.approx((falling[0] - falling[5]) * share)


@pytest.mark.parametrize("count", range(1, 7))
def test_of_a_few_the_first_does_not_stand_out(count: int) -> None:
    """However few there are, the best and the worst are stretched apart."""
    assert SIGNS["margin"](a_sight([9.0, *[0.0] * (count - 1)])) == 0.0
