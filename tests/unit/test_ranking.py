"""The ranking as a whole: rows do not matter, scores never rise, boosts are no evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.fitted.loading import load_fitted
from memory_service.retrieval.features import Background
from memory_service.retrieval.ranking import Ranking, RankingOptions, rank
from tests.support.candidates import NAN, Row, candidates
from tests.support.ranking import ranking_options

if TYPE_CHECKING:
    from memory_service.retrieval.ranking import Candidates

SHIPPED = load_fitted()
#: By the tests' own numbers, and by those that ship, whatever they are.
OPTIONS = {
    "plain": ranking_options(floor=0.1),
    "shipped": RankingOptions(
        weights=SHIPPED.weights, relevance=SHIPPED.relevance, evidence=SHIPPED.evidence, floor=0.1
    ),
}
both_options = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)

ROW = st.builds(
    Row,
    id=st.text("abcdef", min_size=1, max_size=3),
    cosine=st.sampled_from([NAN, -0.2, 0.0, 0.3, 0.3, 0.9]),
    bm25=st.sampled_from([0.0, 0.0, 1.0, 2.5]),
    matched=st.integers(0, 3),
    session=st.integers(-1, 2),
    speaker=st.integers(-1, 1),
    length=st.integers(0, 40),
    asks=st.booleans(),
)
ROWS = st.lists(ROW, min_size=1, max_size=10, unique_by=lambda row: row.id)
QUERY = st.sampled_from(["launch june", "What did Ann launch?", "发射日期", "?"])
MATCHES = st.lists(st.floats(0.0, 1.0), min_size=10, max_size=10)
#: Which legs are there; one is at least.
LEGS = st.sampled_from([(True, True), (True, False), (False, True)])


def ids(made: Candidates, ranking: Ranking) -> list[str]:
    return [made.ids[place] for place in ranking.places]


def by_id(made: Candidates, ranking: Ranking) -> dict[str, float]:
    """What each was ordered by."""
    return dict(zip(ids(made, ranking), ranking.fused.tolist(), strict=True))


@both_options
@given(rows=ROWS, query=QUERY, random=st.randoms())
def test_the_ranking_does_not_depend_on_the_order_of_rows(
    options: RankingOptions, rows: list[Row], query: str, random: object
) -> None:
    """Of entries outside of conversations: rows are the turns of one."""
    alone = [replace(row, session=-1) for row in rows]
    shuffled = list(alone)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types it as object
    one, other = candidates(*alone, query=query), candidates(*shuffled, query=query)

    first, second = rank(one, options), rank(other, options)

    assert ids(one, first) == ids(other, second)
    assert first.scores == pytest.approx(second.scores)
    assert first.evidence.probability == pytest.approx(second.evidence.probability)


@both_options
@given(rows=ROWS, query=QUERY, legs=LEGS, timely=MATCHES, boosts=st.none() | MATCHES)
def test_values_and_scores_never_rise_and_scores_are_probabilities(
    options: RankingOptions,
    rows: list[Row],
    query: str,
    legs: tuple[bool, bool],
    timely: list[float],
    boosts: list[float] | None,
) -> None:
    made = candidates(
        *rows,
        query=query,
        dense=legs[0],
        lexical=legs[1],
        timely=timely[: len(rows)],
        boosts=boosts and boosts[: len(rows)],
    )

    ranking = rank(made, options)

    assert sorted(ranking.places) == list(range(len(rows)))
    assert np.isfinite(ranking.fused).all()
    assert (np.diff(ranking.fused) <= 0.0).all()
    assert (np.diff(ranking.scores) <= 0.0).all()
    assert ((ranking.scores >= 0.0) & (ranking.scores <= 1.0)).all()
    assert (ranking.scores <= ranking.likely).all()
    assert 0.0 <= ranking.evidence.probability <= 1.0


@both_options
@given(rows=ROWS, query=QUERY, legs=LEGS, timely=MATCHES, boosts=MATCHES)
def test_the_parts_add_up_to_the_value(
    options: RankingOptions,
    rows: list[Row],
    query: str,
    legs: tuple[bool, bool],
    timely: list[float],
    boosts: list[float],
) -> None:
    ranking = rank(
        candidates(
            *rows,
            query=query,
            dense=legs[0],
            lexical=legs[1],
            timely=timely[: len(rows)],
            boosts=boosts[: len(rows)],
        ),
        options,
    )

    total = sum(ranking.parts.values(), np.zeros(len(rows)))
    scale = max(1.0, *np.abs(ranking.fused))
    assert total / scale == pytest.approx(ranking.fused / scale, abs=1e-9)


@both_options
@given(rows=ROWS, query=QUERY, timely=MATCHES, boosts=MATCHES)
def test_boosts_are_no_evidence(
    options: RankingOptions,
    rows: list[Row],
    query: str,
    timely: list[float],
    boosts: list[float],
) -> None:
    plain = candidates(*rows, query=query)
    boosted = candidates(*rows, query=query, timely=timely[: len(rows)], boosts=boosts[: len(rows)])

    assert rank(plain, options).evidence == rank(boosted, options).evidence


@both_options
@given(rows=ROWS, share=st.floats(0.05, 1.0), constant=st.floats(0.0, 0.9))
def test_a_direction_that_all_vectors_share_does_not_move_the_order(
    options: RankingOptions, rows: list[Row], share: float, constant: float
) -> None:
    """A model whose cosines are all high ranks as well as one whose are spread."""
    tilted = [replace(row, cosine=share * row.cosine + constant) for row in rows]
    plain, other = (
        candidates(*rows, background=Background(mean=0.1, deviation=0.2)),
        candidates(
            *tilted, background=Background(mean=share * 0.1 + constant, deviation=share * 0.2)
        ),
    )

    before, after = (by_id(made, rank(made, options)) for made in (plain, other))

    assert after == pytest.approx(before, abs=1e-6)


@both_options
def test_of_no_candidates_there_is_an_empty_ranking_without_evidence(
    options: RankingOptions,
) -> None:
    for legs in ((True, True), (True, False), (False, True)):
        ranking = rank(candidates(dense=legs[0], lexical=legs[1], timely=[], boosts=[]), options)

        assert ranking.places.tolist() == ranking.scores.tolist() == ranking.costs.tolist() == []
        assert (ranking.evidence.level.value, ranking.evidence.probability) == ("none", 0.0)


@both_options
@pytest.mark.parametrize("query", ["launch june", "发射日期"])
@pytest.mark.parametrize(("cosine", "bm25"), [(0.3, 2.0), (NAN, 2.0), (0.3, 0.0), (NAN, 0.0)])
def test_equals_are_ranked_by_id(
    options: RankingOptions, query: str, cosine: float, bm25: float
) -> None:
    rows = [Row(id=id, cosine=cosine, bm25=bm25, matched=int(bm25 > 0)) for id in "cab"]
    made = candidates(*rows, query=query, background=Background(mean=0.3, deviation=0.0))

    ranking = rank(made, options)

    assert ids(made, ranking) == ["a", "b", "c"]
    assert len(set(ranking.scores.tolist())) == 1


@both_options
@given(rows=ROWS, query=QUERY, legs=LEGS)
def test_a_score_is_the_probability_of_an_answer_times_that_of_its_being_this(
    options: RankingOptions, rows: list[Row], query: str, legs: tuple[bool, bool]
) -> None:
    ranking = rank(candidates(*rows, query=query, dense=legs[0], lexical=legs[1]), options)

    evidence = ranking.evidence.probability
    assert ranking.scores.tolist() == [evidence * likely for likely in ranking.likely.tolist()]


def test_the_evidence_is_that_of_the_first_in_the_ranking() -> None:
    """Of equals that is the first by id, wherever its row is."""
    rows = (Row(id="b", bm25=1.0, matched=0b11), Row(id="a", bm25=1.0, matched=0b10))
    options = ranking_options()

    ranking = rank(candidates(*rows, dense=False), options)

    words = 1.0 / 4.0
    judge = options.evidence.judges.lexical
    log_odds = judge.weights["words"] * words + judge.bias
    assert ranking.evidence.probability == pytest.approx(1.0 / (1.0 + np.exp(-log_odds)))


def test_costs_come_by_rank() -> None:
    made = candidates(
        Row(id="short", cosine=0.1, length=2),
        Row(id="long", cosine=0.9, length=16),
        Row(id="usual", cosine=0.5, length=8),
    )

    ranking = rank(made, ranking_options())

    assert ids(made, ranking) == ["long", "usual", "short"]
    assert ranking.costs.tolist() == [2.0, 1.0, 0.25]


BETTER = Row(id="better", cosine=0.9, bm25=2.0, matched=0b11)
WORSE = Row(id="worse", cosine=0.5, bm25=1.0, matched=0b01)
WORST = Row(id="worst", cosine=0.0)


def test_a_boost_of_full_weight_lifts_what_it_matches_to_the_best() -> None:
    plain = candidates(BETTER, WORSE, WORST)
    boosted = candidates(BETTER, WORSE, WORST, boosts=[0.0, 1.0, 0.0])

    before, after = rank(plain, ranking_options()), rank(boosted, ranking_options())

    assert ids(plain, before) == ["better", "worse", "worst"]
    assert ids(boosted, after) == ["worse", "better", "worst"]
    assert "boosts" not in before.parts
    assert after.parts["boosts"][0] > 0.0
    assert after.parts["boosts"][1:].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("kind", "weight"), [("timely", 0.0), ("timely", 0.3), ("timely", 1.0), ("boosts", 1.0)]
)
def test_a_boost_takes_its_share_of_what_is_left_above_a_candidate(
    kind: str, weight: float
) -> None:
    """The best lies at its probability, 0.6 at least; all rise by `w * match * (1 - p)`."""
    options = ranking_options(time_weight=weight)

    plain = rank(candidates(BETTER, WORSE, WORST), options)
    fits = np.array([0.2, 0.6, 0.9])
    boosts: dict[str, Any] = {kind: fits}
    made = replace(candidates(BETTER, WORSE, WORST), **boosts)
    boosted = rank(made, options)

    low, high = plain.fused[-1], plain.fused[0]
    sure = max(plain.scores[0], 0.6)
    expected = {}
    for id, value, match in zip(("better", "worse", "worst"), plain.fused, fits, strict=True):
        place = sure * (value - low) / (high - low)
        place += weight * match * (1.0 - place)
        expected[id] = low + (high - low) * place / sure
    assert by_id(made, boosted) == pytest.approx(expected)


def test_what_falls_into_the_time_that_was_named_rises_by_its_weight() -> None:
    rows = (BETTER, WORSE, replace(WORSE, id="worse-too"))
    made = candidates(*rows, timely=[0.0, 0.0, 1.0])

    without, with_time = (rank(made, ranking_options(time_weight=weight)) for weight in (0.0, 0.5))

    assert ids(made, without) == ["better", "worse", "worse-too"]
    assert ids(made, with_time).index("worse-too") < ids(made, with_time).index("worse")


def test_a_match_of_nothing_is_not_mentioned() -> None:
    ranking = rank(
        candidates(BETTER, WORSE, timely=[0.0, 0.0], boosts=[0.0, 0.0]), ranking_options()
    )

    assert ranking.parts.keys() == {"dense", "lexical"}


def test_of_equals_the_boosted_one_comes_first() -> None:
    made = candidates(replace(BETTER, id="a"), replace(BETTER, id="b"), boosts=[0.0, 0.5])

    assert ids(made, rank(made, ranking_options())) == ["b", "a"]
