"""Which weights rank and who judges, by the legs that are there and the script of the query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from memory_service.retrieval.evidence import EvidenceWeights, Judges, SignWeights
from memory_service.retrieval.ranking import rank
from memory_service.retrieval.weighing import RankingWeights
from tests.support.candidates import NAN, Row, candidates
from tests.support.ranking import alike, ranking_options

if TYPE_CHECKING:
    from memory_service.model.recall import Evidence
    from memory_service.retrieval.ranking import Candidates, Ranking

LATIN, CHINESE = "launch june", "发射日期"
ROWS = (
    Row(id="a", cosine=0.9, bm25=0.0),
    Row(id="b", cosine=0.5, bm25=2.0, matched=0b01),
    Row(id="c", cosine=0.1, bm25=4.0, matched=0b11),
)
WAITING = tuple(Row(id=row.id, cosine=NAN, bm25=row.bm25, matched=row.matched) for row in ROWS)
FOREIGN = tuple(Row(id=row.id, cosine=row.cosine) for row in ROWS)
#: Each choice of legs ranks by something else.
WEIGHTS = RankingWeights(
    both=alike({"best_leg": 1.0}), dense=alike({"dense": 10.0}), lexical=alike({"lexical": 100.0})
)
#: Each judge gives its own probability, whatever it sees: odds of 1, 2, 3 and 4.
EVIDENCE = EvidenceWeights(
    judges=Judges(
        both=SignWeights(weights={}, bias=0.0),
        dense=SignWeights(weights={}, bias=0.6931),
        lexical=SignWeights(weights={}, bias=1.0986),
        other_scripts=SignWeights(weights={}, bias=1.3863),
    ),
    weak_from=0.0,
    strong_from=1.0,
)
JUDGES = {"both": 1, "dense": 2, "lexical": 3, "other_scripts": 4}


def ranked(made: Candidates, **options: Any) -> Ranking:
    return rank(made, ranking_options(weights=WEIGHTS, evidence=EVIDENCE, **options))


def by_id(made: Candidates, ranking: Ranking) -> list[float]:
    """The values of a, b and c."""
    return [
        value
        for _, value in sorted(
            zip([made.ids[place] for place in ranking.places], ranking.fused.tolist(), strict=True)
        )
    ]


@pytest.mark.parametrize(
    ("made", "values"),
    [
        (candidates(*ROWS), [1.0, 0.5, 1.0]),
        (candidates(*ROWS, lexical=False), [10.0, 5.0, 0.0]),
        (candidates(*FOREIGN), [10.0, 5.0, 0.0]),
        (candidates(*ROWS, dense=False), [0.0, 50.0, 100.0]),
        (candidates(*WAITING), [0.0, 50.0, 100.0]),
        (candidates(*FOREIGN, query=CHINESE), [10.0, 5.0, 0.0]),
        (candidates(*ROWS, query=CHINESE, lexical=False), [10.0, 5.0, 0.0]),
        (candidates(*ROWS, query=CHINESE, dense=False), [0.0, 50.0, 100.0]),
        (candidates(*ROWS, query=CHINESE), [10.0, 50.0, 90.0]),
    ],
    ids=[
        "both",
        "dense asked alone",
        "no word matches",
        "no model",
        "all wait for vectors",
        "no character matches",
        "dense asked alone in another script",
        "no model for another script",
        "another script leans on words",
    ],
)
def test_the_legs_choose_the_weights(made: Candidates, values: list[float]) -> None:
    assert by_id(made, ranked(made)) == pytest.approx(values)


def test_a_model_for_all_scripts_counts_in_all() -> None:
    made = candidates(*ROWS, query=CHINESE)

    assert by_id(made, ranked(made, other_scripts_weight=1.0)) == pytest.approx([1.0, 0.5, 1.0])
    assert by_id(made, ranked(made, other_scripts_weight=0.0)) == pytest.approx([0.0, 50.0, 100.0])


def test_what_words_find_alike_the_model_orders_even_in_a_script_it_hardly_reads() -> None:
    rows = [Row(id=row.id, cosine=-row.cosine, bm25=2.0, matched=0b01) for row in ROWS]
    made = candidates(*rows, query=CHINESE)

    ranking = ranked(made)

    assert [made.ids[place] for place in ranking.places] == ["c", "b", "a"]


def test_a_leg_that_hardly_reads_the_query_does_not_speak_for_neighbours() -> None:
    """In another script a conversation is judged by its words, as it is without a model."""
    weights = RankingWeights(both=alike({}), lexical=alike({"neighbours": 1.0}))
    rows = [
        Row(id=row.id, cosine=row.cosine, bm25=row.bm25, matched=row.matched, session=1)
        for row in ROWS
    ]

    with_model, without = (
        rank(
            candidates(*rows, query=CHINESE, dense=dense),
            ranking_options(weights=weights, other_scripts_weight=0.0),
        )
        for dense in (True, False)
    )

    assert with_model.fused.tolist() == without.fused.tolist()


def judge(evidence: Evidence) -> int:
    return round(evidence.probability / (1.0 - evidence.probability))


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (candidates(*ROWS), "both"),
        (candidates(*FOREIGN), "both"),
        (candidates(*ROWS, lexical=False), "dense"),
        (candidates(*ROWS, dense=False), "lexical"),
        (candidates(*WAITING), "lexical"),
        (candidates(*ROWS, query=CHINESE), "other_scripts"),
        (candidates(*FOREIGN, query=CHINESE), "other_scripts"),
        (candidates(*ROWS, query=CHINESE, dense=False), "other_scripts"),
        (candidates(*WAITING, query=CHINESE), "other_scripts"),
        (candidates(*ROWS, query=CHINESE, lexical=False), "dense"),
    ],
)
def test_the_legs_choose_the_judge(made: Candidates, name: str) -> None:
    assert judge(ranked(made).evidence) == JUDGES[name]


def test_a_model_for_all_scripts_is_believed_in_all() -> None:
    made = candidates(*ROWS, query=CHINESE)

    assert judge(ranked(made, other_scripts_weight=1.0).evidence) == JUDGES["both"]


@pytest.mark.parametrize(
    ("made", "options", "said"),
    [
        (candidates(*ROWS), {"floor": 0.2}, "generic"),
        (candidates(*ROWS), {"floor": 0.2, "calibration": "fitted"}, "fitted"),
        (candidates(*ROWS), {"calibration": "fitted"}, "uncorrected"),
        (candidates(*ROWS, dense=False), {"floor": 0.2, "calibration": "fitted"}, "lexical"),
    ],
)
def test_the_answer_says_what_calibrated_it(
    made: Candidates, options: dict[str, Any], said: str
) -> None:
    assert ranked(made, **options).evidence.calibration == said


def test_an_entry_that_waits_for_its_vector_is_found_before_what_shares_no_word() -> None:
    made = candidates(
        Row(id="far", cosine=0.2), Row(id="waiting", cosine=NAN, bm25=3.0, matched=0b11)
    )

    ranking = rank(made, ranking_options())

    assert [made.ids[place] for place in ranking.places] == ["waiting", "far"]


@pytest.mark.parametrize("query", [LATIN, CHINESE])
def test_when_all_entries_wait_the_answer_is_that_of_words_alone(query: str) -> None:
    waiting, without_model = (
        candidates(*WAITING, query=query),
        candidates(*ROWS, query=query, dense=False),
    )

    first, second = rank(waiting, ranking_options()), rank(without_model, ranking_options())

    assert first.fused.tolist() == second.fused.tolist()
    assert first.scores.tolist() == second.scores.tolist()
    assert first.evidence.probability == second.evidence.probability


def test_absolute_scores_come_by_row_and_are_missing_with_their_leg() -> None:
    both, words = (
        ranked(candidates(*ROWS), floor=0.1),
        ranked(candidates(*ROWS, dense=False), floor=0.1),
    )

    assert both.dense is not None
    assert both.lexical is not None
    assert both.dense.tolist() == pytest.approx([8 / 9, 4 / 9, 0.0])
    assert both.lexical.tolist() == [0.0, 0.5, 1.0]
    assert words.dense is None
