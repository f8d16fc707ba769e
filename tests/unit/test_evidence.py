"""Evidence grows with its features, knows its floor, and says none of nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.model.read import LexicalLeg, LexicalQuery, QueryTerm
from memory_service.model.recall import Evidence, EvidenceLevel
from memory_service.retrieval.absolute import cosine_floor, dense_absolute
from memory_service.retrieval.evidence import EvidenceOptions, coverage, judge

UNIT = st.floats(min_value=0.0, max_value=1.0)
LEVELS = [EvidenceLevel.NONE, EvidenceLevel.WEAK, EvidenceLevel.STRONG]


def judged(dense: float | None, covered: float | None, *, latin: bool = True) -> Evidence:
    return judge(
        None if dense is None else np.array([dense, 0.0]),
        None if covered is None else np.array([0.0, covered]),
        latin=latin,
        options=EvidenceOptions(),
        calibration="generic",
    )


def a_leg(terms: list[QueryTerm], *masks: int) -> LexicalLeg:
    return LexicalLeg(
        ordinals=np.arange(len(masks), dtype=np.int64),
        scores=np.zeros(len(masks)),
        matched=np.array(masks, dtype=np.uint64),
        query=LexicalQuery(terms=tuple(terms), bound=1.0),
    )


def test_coverage_is_the_share_of_idf_an_entry_holds() -> None:
    terms = [
        QueryTerm(word="zebra", idf=4.0, entries=0),
        QueryTerm(word="launch", idf=3.0, entries=2),
        QueryTerm(word="team", idf=1.0, entries=9, count=3),
    ]

    covered = coverage(a_leg(terms, 0b000, 0b010, 0b110, 0b111))

    assert covered == pytest.approx([0.0, 0.3, 0.6, 1.0])


def test_a_query_without_terms_covers_nothing() -> None:
    assert coverage(a_leg([], 0, 0)).tolist() == [0.0, 0.0]


def test_coverage_reaches_the_64th_term() -> None:
    terms = [QueryTerm(word=str(number), idf=1.0, entries=1) for number in range(70)]

    assert coverage(a_leg(terms, 1 << 63)) == pytest.approx([1 / 64])


@given(UNIT, UNIT, UNIT, UNIT)
def test_more_of_a_feature_never_means_less_evidence(
    dense: float, more_dense: float, covered: float, more_covered: float
) -> None:
    less = judged(min(dense, more_dense), min(covered, more_covered))
    more = judged(max(dense, more_dense), max(covered, more_covered))

    assert less.probability <= more.probability
    assert LEVELS.index(less.level) <= LEVELS.index(more.level)


@given(st.none() | UNIT, st.none() | UNIT)
def test_the_level_follows_from_the_probability(dense: float | None, covered: float | None) -> None:
    evidence = judged(dense, covered)
    options = EvidenceOptions()

    assert 0.0 <= evidence.probability <= 1.0
    assert (evidence.level is EvidenceLevel.NONE) == (evidence.probability < options.weak_from)
    assert (evidence.level is EvidenceLevel.STRONG) == (evidence.probability >= options.strong_from)


def test_no_leg_or_no_candidate_is_no_evidence() -> None:
    nothing = judge(
        np.array([]), None, latin=True, options=EvidenceOptions(), calibration="generic"
    )

    assert (nothing.level, nothing.probability) == (EvidenceLevel.NONE, 0.0)
    assert judged(None, None).level is EvidenceLevel.NONE


@pytest.mark.parametrize(
    ("dense", "covered", "level"),
    [
        (0.55, 0.6, EvidenceLevel.STRONG),
        (0.55, 0.0, EvidenceLevel.WEAK),
        (0.0, 0.0, EvidenceLevel.NONE),
        (0.15, 0.2, EvidenceLevel.NONE),
        (0.7, None, EvidenceLevel.STRONG),
        (0.1, None, EvidenceLevel.NONE),
        (None, 0.8, EvidenceLevel.STRONG),
        (None, 0.1, EvidenceLevel.NONE),
    ],
)
def test_typical_questions_get_the_level_a_reader_would_give(
    dense: float | None, covered: float | None, level: EvidenceLevel
) -> None:
    assert judged(dense, covered).level is level


def test_pairs_of_characters_need_less_coverage_than_words() -> None:
    """A question of three words makes seven pairs, and two of them are what was asked for."""
    covered = 2 / 7

    assert judged(None, covered, latin=False).level is EvidenceLevel.WEAK
    assert judged(None, 0.05, latin=False).level is EvidenceLevel.NONE
    assert judged(None, 0.4, latin=False).level is EvidenceLevel.STRONG


def test_a_model_whose_cosines_are_all_high_is_judged_above_its_own_floor() -> None:
    floor = cosine_floor(0.75, 0.03)
    unrelated = dense_absolute(np.array([0.78, 0.76]), floor)
    related = dense_absolute(np.array([0.92, 0.76]), floor)

    levels = [
        judge(
            one, np.array([0.0]), latin=True, options=EvidenceOptions(), calibration="generic"
        ).level
        for one in (unrelated, related)
    ]

    assert levels == [EvidenceLevel.NONE, EvidenceLevel.WEAK]
