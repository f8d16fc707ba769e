"""The ranking as a whole: row order does not matter, scores never rise, missing legs show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from memory_service.model.read import DenseLeg, LexicalLeg, LexicalQuery, QueryTerm
from memory_service.model.recall import EvidenceLevel
from memory_service.retrieval.ranking import Candidates, Ranking, RankingOptions, rank

TERMS = (
    QueryTerm(word="launch", idf=3.0, entries=1),
    QueryTerm(word="june", idf=1.0, entries=2),
)


@dataclass(frozen=True)
class Row:
    id: str
    cosine: float
    bm25: float
    matched: int = 0


def candidates(
    *rows: Row, query: str = "launch june", dense: bool = True, lexical: bool = True
) -> Candidates:
    ordinals = np.arange(len(rows), dtype=np.int64)
    return Candidates(
        query=query,
        ordinals=ordinals,
        ids=[row.id for row in rows],
        dense=DenseLeg(
            ordinals=ordinals,
            scores=np.array([row.cosine for row in rows]),
            parts=np.zeros(len(rows), dtype=np.int32),
        )
        if dense
        else None,
        lexical=LexicalLeg(
            ordinals=ordinals,
            scores=np.array([row.bm25 for row in rows]),
            matched=np.array([row.matched for row in rows], dtype=np.uint64),
            query=LexicalQuery(terms=TERMS, bound=4.0),
        )
        if lexical
        else None,
    )


def ids(made: Candidates, ranking: Ranking) -> list[str]:
    return [made.ids[place] for place in ranking.places]


ROWS = st.lists(
    st.builds(
        Row,
        id=st.text("abcdef", min_size=1, max_size=3),
        cosine=st.sampled_from([float("nan"), -0.2, 0.0, 0.3, 0.3, 0.9]),
        bm25=st.sampled_from([0.0, 0.0, 1.0, 2.5]),
        matched=st.integers(0, 3),
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda row: row.id,
)


@given(ROWS, st.randoms())
def test_the_ranking_does_not_depend_on_the_order_of_rows(rows: list[Row], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types it as object
    one, other = candidates(*rows), candidates(*shuffled)

    first, second = rank(one, RankingOptions()), rank(other, RankingOptions())

    assert ids(one, first) == ids(other, second)
    assert first.scores.tolist() == second.scores.tolist()
    assert first.evidence == second.evidence


@given(ROWS, st.booleans())
def test_scores_lie_in_the_unit_interval_and_never_rise(rows: list[Row], lexical: bool) -> None:
    ranking = rank(candidates(*rows, lexical=lexical), RankingOptions(floor=0.1))

    assert (np.diff(ranking.scores) <= 0.0).all()
    assert (np.diff(ranking.fused) <= 0.0).all()
    assert ranking.scores.min() >= 0.0
    assert ranking.scores.max() <= 1.0


def test_an_entry_that_waits_for_its_vector_is_ranked_by_its_words() -> None:
    made = candidates(Row("far", 0.2, 0.0), Row("waiting", float("nan"), 3.0, matched=0b11))

    ranking = rank(made, RankingOptions())

    assert ids(made, ranking) == ["waiting", "far"]


def test_when_all_entries_wait_the_words_alone_are_the_evidence() -> None:
    made = candidates(Row("a", float("nan"), 2.0, matched=0b01))

    without_model = candidates(Row("a", 0.0, 2.0, matched=0b01), dense=False)

    probabilities = [
        rank(one, RankingOptions()).evidence.probability for one in (made, without_model)
    ]

    assert probabilities[0] == probabilities[1] > 0.9


def test_a_model_is_not_believed_in_a_script_it_cannot_read() -> None:
    """Its cosines between foreign texts are all high; words decide, and no word matches."""
    rows = (Row("a", 0.8, 0.0), Row("b", 0.7, 0.0))

    latin = rank(candidates(*rows), RankingOptions())
    foreign = rank(candidates(*rows, query="发射日期"), RankingOptions())

    assert latin.evidence.level is not EvidenceLevel.NONE
    assert foreign.evidence.level is EvidenceLevel.NONE


def test_a_model_that_is_asked_alone_is_believed_in_any_script() -> None:
    made = candidates(Row("a", 0.9, 0.0), query="什么时候发射", lexical=False)

    ranking = rank(made, RankingOptions())

    assert ranking.evidence.level is EvidenceLevel.STRONG


def test_the_answer_says_what_calibrated_it() -> None:
    made = candidates(Row("a", 0.8, 1.0))

    said = [
        rank(made, RankingOptions(floor=0.2)).evidence.calibration,
        rank(made, RankingOptions()).evidence.calibration,
        rank(candidates(Row("a", 0.8, 1.0), dense=False), RankingOptions()).evidence.calibration,
    ]

    assert said == ["generic", "uncorrected", "lexical"]
