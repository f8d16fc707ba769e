"""A ranking and a second look at its first candidates: who moves, how far, and what stays."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.model.recall import Evidence, EvidenceLevel
from memory_service.retrieval.blending import blended
from memory_service.retrieval.ranking import Ranking
from memory_service.retrieval.relevance import Relevance

IDS = list("abcdefghij")
RELEVANCE = Relevance(share=1.0, bias=0.0)


def a_ranking(*values: float) -> Ranking:
    """Candidates by falling value; of rank r is the row r, with the id `IDS[r]` and the cost r."""
    fused = np.array(values, dtype=np.float64)
    return Ranking(
        places=np.arange(len(values), dtype=np.int64),
        fused=fused,
        likely=RELEVANCE.probabilities(fused),
        costs=np.arange(len(values), dtype=np.float64),
        parts={"dense": fused * 0.5, "lexical": fused * 0.5},
        dense=None,
        lexical=None,
        evidence=Evidence(level=EvidenceLevel.WEAK, probability=0.5, calibration="test"),
    )


def blend(ranking: Ranking, *scores: float, weight: float = 0.5) -> Ranking:
    return blended(ranking, IDS, np.array(scores), weight=weight, relevance=RELEVANCE)


def ids(ranking: Ranking) -> str:
    return "".join(IDS[row] for row in ranking.places)


def oracle(values: list[int], scores: list[int], weight: Fraction) -> str:
    """The order of values that all differ, by exact arithmetic."""
    leading = values[: len(scores)]
    moved = list(map(Fraction, leading))
    if max(scores) > min(scores):
        spread = max(leading) - min(leading)
        moved = [
            (1 - weight) * value
            + weight
            * (min(leading) + spread * Fraction(score - min(scores), max(scores) - min(scores)))
            for value, score in zip(leading, scores, strict=True)
        ]
    whole = [*moved, *map(Fraction, values[len(scores) :])]
    return "".join(sorted(IDS[: len(values)], key=lambda id: (-whole[IDS.index(id)], id)))


VALUES = st.lists(st.integers(-8, 8), min_size=1, max_size=10, unique=True).map(
    lambda values: sorted(values, reverse=True)
)


@st.composite
def looked_at(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Values of a ranking, and scores of its first candidates."""
    values = draw(VALUES)
    size = draw(st.integers(1, len(values)))
    return values, draw(st.lists(st.integers(-4, 4), min_size=size, max_size=size))


def test_the_order_is_that_of_the_blended_places() -> None:
    ranking = blend(a_ranking(4.0, 2.0, 0.0), 0.0, 10.0, 5.0)

    assert ids(ranking) == "bac"
    assert ranking.fused.tolist() == [3.0, 2.0, 1.0]


@given(looked_at(), st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)]))
def test_the_order_is_that_of_exact_arithmetic(
    given_: tuple[list[int], list[int]], weight: Fraction
) -> None:
    values, scores = given_
    expected = oracle(values, scores, weight)

    ranking = blend(a_ranking(*values), *scores, weight=float(weight))

    placed = dict(zip(ids(ranking), ranking.fused, strict=True))
    by_oracle = [placed[id] for id in expected]
    assert by_oracle == pytest.approx(sorted(placed.values(), reverse=True))


@given(looked_at())
def test_no_candidate_that_was_looked_at_falls_below_one_that_was_not(
    given_: tuple[list[int], list[int]],
) -> None:
    values, scores = given_

    ranking = blend(a_ranking(*values), *scores)

    assert sorted(ids(ranking)[: len(scores)]) == IDS[: len(scores)]
    assert list(ids(ranking)[len(scores) :]) == IDS[len(scores) : len(values)]


@given(looked_at())
def test_what_belongs_to_a_candidate_moves_with_it(
    given_: tuple[list[int], list[int]],
) -> None:
    values, scores = given_
    before = a_ranking(*values)

    ranking = blend(before, *scores)

    assert ranking.costs.tolist() == ranking.places.tolist()
    assert sum(ranking.parts.values()) == pytest.approx(ranking.fused)
    assert ranking.parts["dense"].tolist() == before.parts["dense"][ranking.places].tolist()
    assert (np.diff(ranking.scores) <= 0.0).all()
    assert ranking.evidence == before.evidence


@given(looked_at())
def test_the_scale_of_the_scores_does_not_matter(given_: tuple[list[int], list[int]]) -> None:
    values, scores = given_

    one = blend(a_ranking(*values), *scores)
    other = blend(a_ranking(*values), *[8.0 * score - 32.0 for score in scores])

    assert ids(one) == ids(other)
    assert one.fused.tolist() == other.fused.tolist()


@given(VALUES)
def test_a_second_look_that_agrees_changes_nothing(values: list[int]) -> None:
    before = a_ranking(*values)

    ranking = blend(before, *values)

    assert ids(ranking) == ids(before)
    assert ranking.fused == pytest.approx(before.fused)


def test_where_the_two_disagree_the_first_is_less_likely_than_it_was() -> None:
    before = a_ranking(6.0, 3.0, 0.0)

    ranking = blend(before, 0.0, 1.0, 0.5)

    assert ranking.scores[0] < before.scores[0]


def test_what_was_not_looked_at_counts_as_the_worst() -> None:
    ranking = blend(a_ranking(4.0, 3.0, 2.0, 1.0), float("nan"), 5.0, 4.0, 3.0, weight=0.75)

    assert ids(ranking) == "bcad"


def test_a_second_look_orders_what_the_ranking_finds_all_alike() -> None:
    ranking = blend(a_ranking(2.0, 2.0, 2.0), 1.0, 3.0, 2.0)

    assert ids(ranking) == "bca"


def test_ties_go_by_id() -> None:
    ranking = blend(a_ranking(1.0, 0.0), 0.0, 1.0)

    assert ids(ranking) == "ab"
    assert ranking.fused.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("scores", [[], [3.0], [3.0, 3.0], [float("nan"), float("nan")]])
def test_scores_that_tell_nothing_leave_the_ranking_as_it_is(scores: list[float]) -> None:
    before = a_ranking(2.0, 1.0)

    assert blend(before, *scores) is before
