"""What a cut keeps, against answers counted by hand; every hit costs ten tokens."""

from __future__ import annotations

from benchmarks.cutting import (
    BUDGETS,
    FIXED,
    CutAnswers,
    as_answered,
    cut_figures,
    endings,
    first_hits,
    within,
)
from memory_service.model.recall import EvidenceLevel
from tests.support.answers import an_answer

_ANSWERS = [an_answer("abcd", "ac"), an_answer("wxyz", "z")]


def test_the_first_hits_of_a_ranking_cost_theirs_and_keep_the_gold_among_them() -> None:
    kept = first_hits(_ANSWERS, 3)

    assert kept.hits.tolist() == [3, 3]
    assert kept.tokens.tolist() == [30, 30]
    assert kept.relevant.tolist() == [2, 0]
    assert kept.share.tolist() == [1, 0]


def test_a_short_ranking_gives_what_it_has() -> None:
    assert first_hits(_ANSWERS, 20).hits.tolist() == [4, 4]


def test_a_budget_is_never_passed() -> None:
    kept = within(_ANSWERS, 29)

    assert kept.tokens.tolist() == [20, 20]
    assert kept.share.tolist() == [0.5, 0]


def test_an_answer_counts_as_it_came() -> None:
    kept = as_answered([an_answer("a", "ac"), an_answer("", "c")])

    assert kept.hits.tolist() == [1, 0]
    assert kept.tokens.tolist() == [10, 0]
    assert kept.share.tolist() == [0.5, 0]


def test_a_cut_that_is_a_fixed_number_saves_nothing_against_it() -> None:
    figures = cut_figures(
        CutAnswers(
            uncut=_ANSWERS,
            default=_ANSWERS,
            points={"three": [an_answer("abc", "ac"), an_answer("wxy", "z")]},
        ),
        seed=0,
    )

    assert list(figures["fixed"]) == [str(k) for k in FIXED]
    assert list(figures["budgets"]) == [str(budget) for budget in BUDGETS]
    assert figures["points"]["three"] == figures["fixed"]["3"]
    assert figures["against_fixed"]["3"]["tokens_saved"]["mean"] == 0
    assert figures["against_fixed"]["20"]["tokens_saved"] is None
    assert figures["budgets"]["128"]["uncut"] == figures["default"]


def test_evidence_is_counted_apart_where_there_is_no_gold() -> None:
    found = endings([an_answer("a", "a"), an_answer("", "", level=EvidenceLevel.NONE)])

    assert found["evidence"] == {"strong": 1}
    assert found["evidence_without_gold"] == {"none": 1}
    assert found["reasons"] == {"unlikely": 2}
