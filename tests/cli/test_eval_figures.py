"""Figures of an evaluation whose rows are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from memory_service.cli.eval_figures import by_namespace, difference, figures, worst
from memory_service.cli.eval_rows import QuestionRow


def a_row(
    line: int,
    *,
    gold: str = "a",
    hits: str = "a",
    ndcg: float = 1.0,
    probability: float = 0.5,
    namespace: str = "n",
) -> QuestionRow:
    """A question with one-letter ids."""
    return QuestionRow(
        question=f"q{line}",
        line=line,
        namespace=namespace,
        gold=tuple(gold),
        measures={"ndcg_10": ndcg} if gold else {},
        first=tuple(hits),
        hits=tuple(hits),
        kept=tuple(id for id in gold if id in hits),
        relevant=len(set(gold) & set(hits)),
        tokens=10 * len(hits),
        evidence="weak",
        probability=probability,
    )


def test_precision_is_over_all_hits_and_the_gold_kept_over_questions() -> None:
    rows = [a_row(1, gold="ab", hits="axyz"), a_row(2, gold="c", hits="c"), a_row(3, gold="")]

    answer = figures(rows).answer

    assert answer is not None
    assert answer.precision == 2 / 5
    assert answer.gold_kept.mean == pytest.approx((1 / 2 + 1) / 2)
    assert (answer.hits.mean, answer.tokens.mean) == (2.5, 25.0)


def test_answers_without_a_hit_have_no_precision_to_speak_of() -> None:
    answer = figures([a_row(1, hits="")]).answer

    assert answer is not None
    assert (answer.precision, answer.gold_kept.mean) == (0.0, 0.0)


def test_evidence_needs_questions_of_either_kind() -> None:
    found, without = a_row(1, probability=0.9), a_row(2, gold="", probability=0.2)

    assert figures([found]).evidence.auroc is None
    assert figures([without]).evidence.false_positive_rate is None
    assert figures([without]).answer is None
    both = figures([found, without, replace(without, line=3, probability=0.95)]).evidence
    assert both.auroc is not None
    assert (both.auroc.mean, both.false_positive_rate) == (0.5, 0.5)
    assert (both.answerable, both.unanswerable) == ({"weak": 1}, {"weak": 2})


def test_each_namespace_has_its_own_figures() -> None:
    rows = [a_row(1, namespace="b", ndcg=0.0), a_row(2, namespace="a", ndcg=0.5)]

    apart = by_namespace(rows)

    assert {name: one.measures["ndcg_10"].mean for name, one in apart.items()} == {
        "a": 0.5,
        "b": 0.0,
    }
    assert figures(rows).measures["ndcg_10"].mean == 0.25


def test_the_worst_come_first_and_what_is_perfect_or_without_an_answer_never() -> None:
    rows = [
        a_row(1, ndcg=0.5),
        a_row(2, ndcg=0.0),
        a_row(3, ndcg=0.0, hits="x"),
        a_row(4),
        a_row(5, gold=""),
    ]

    assert [row.line for row in worst(rows, most=10)] == [3, 2, 1]
    assert [row.line for row in worst(rows, most=1)] == [3]


def test_a_difference_is_of_the_questions_that_both_asked() -> None:
    before = [a_row(1, ndcg=0.5, hits="ax"), a_row(2, ndcg=1.0), a_row(3), a_row(8, gold="")]
    now = [a_row(1, ndcg=1.0, hits="a"), a_row(2, ndcg=0.75, hits="x"), a_row(4), a_row(5)]

    changed = difference(now, before)

    assert changed.questions == 2
    assert changed.measures["ndcg_10"].mean == 0.125
    assert (changed.hits.mean, changed.tokens.mean) == (-0.5, -5.0)
    assert changed.gold_kept.mean == -0.5
    assert (changed.better, changed.worse) == (1, 1)
    assert (changed.only_now, changed.only_before) == (2, 2)
