"""Questions that have no answer where they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.asking import AS_AGENT, ask, ingest
from benchmarks.datasets import PlacedDraft, Question, read_set
from benchmarks.unanswerable import (
    adversarial,
    answerable,
    copies_without_gold,
    cross_paired,
    foreign,
    names_swapped,
    rename,
    speakers_of,
)
from tests.support.builders import a_draft
from tests.support.engines import a_bench
from tests.support.evaluation_set import write_tiny_set

if TYPE_CHECKING:
    from pathlib import Path


def _asked(namespace: str, gold: str = "", text: str = "?", category: str = "") -> Question:
    """A question whose gold are entries of one letter each."""
    return Question(
        id=f"{namespace}-{gold}-{text}",
        namespace=namespace,
        text=text,
        category=category,
        gold=dict.fromkeys(gold, 1),
    )


def _entries(namespace: str, ids: str) -> list[PlacedDraft]:
    return [PlacedDraft(namespace=namespace, draft=a_draft(id)) for id in ids]


def test_a_question_with_a_false_premise_is_neither() -> None:
    plain, tricky, unknown = _asked("n", "a"), _asked("n", "a", category="adversarial"), _asked("n")

    assert answerable([plain, tricky, unknown]) == [plain]
    assert adversarial([plain, tricky, unknown]) == [tricky]


@given(
    golds=st.lists(st.text("abcdefgh", min_size=1, max_size=5), max_size=12),
    most_missing=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)
def test_every_question_has_one_copy_that_lacks_its_gold_and_little_else(
    golds: list[str], most_missing: float
) -> None:
    questions = [_asked("n", gold) for gold in golds]

    copies = copies_without_gold(_entries("n", "abcdefgh"), questions, most_missing=most_missing)

    assert sorted(one.id for copy in copies for one in copy.questions) == sorted(
        one.id for one in questions
    )
    for copy in copies:
        largest = max(len(one.gold) for one in copy.questions)
        assert copy.missing == set().union(*(one.gold for one in copy.questions))
        assert len(copy.missing) <= max(8 * most_missing, largest)


def test_namespaces_are_copied_apart() -> None:
    entries = _entries("m", "a") + _entries("n", "a")

    copies = copies_without_gold(entries, [_asked("m", "a"), _asked("n", "a")], most_missing=1.0)

    assert [copy.namespace for copy in copies] == ["m", "n"]


def test_a_copy_answers_with_all_but_the_gold(tmp_path: Path) -> None:
    """Asked of the product: nothing that it finds is gold, and what it finds is all the rest."""
    dataset, bench = read_set(write_tiny_set(tmp_path)), a_bench()
    golds = {asked.id: set(asked.gold) for asked in dataset.questions}
    copies = copies_without_gold(dataset.entries, answerable(dataset.questions))

    for number, copy in enumerate(copies):
        lacking = copy.as_set(dataset, f"copy-{number}")
        outcomes = ingest(bench.engine, lacking)
        stored = {entry.id for entry in bench.engine.page(f"copy-{number}", limit=100).entries}
        original = {one.draft.id for one in dataset.entries if one.namespace == copy.namespace}
        assert stored == original - copy.missing
        assert outcomes == {"created": len(stored)}
        for one in ask(bench.engine, lacking, label="", manner=AS_AGENT):
            assert golds[one.question.id] <= copy.missing
            assert golds[one.question.id].isdisjoint(one.ranked)
            assert not one.question.gold

    assert sum(len(copy.questions) for copy in copies) == 8


def test_questions_go_to_the_next_namespace_and_round() -> None:
    questions = [_asked("a", "x"), _asked("b", "x"), _asked("c", "x"), _asked("a", "y")]

    paired = cross_paired(questions)

    assert [one.namespace for one in paired] == ["b", "c", "a", "b"]
    assert [one.text for one in paired] == [one.text for one in questions]
    assert not any(one.gold for one in paired)


def test_one_namespace_has_no_other() -> None:
    assert cross_paired([_asked("a", "x")]) == []
    assert names_swapped([_asked("a", "x")], {"a": ("Ann",)}) == []


def test_names_become_those_of_the_other_conversation_first_for_first() -> None:
    questions = [
        _asked("a", "x", "What did Ann's brother ask Bob, Annie or Bobby?"),
        _asked("b", "x", "Has Cyd met Ann?"),
    ]

    swapped = names_swapped(questions, {"a": ("Ann", "Bob"), "b": ("Cyd", "Ann")})

    assert [one.text for one in swapped] == [
        "What did Cyd's brother ask Ann, Annie or Bobby?",
        "Has Ann met Bob?",
    ]
    assert [one.namespace for one in swapped] == ["b", "a"]


def test_where_nobody_speaks_no_names_are_swapped() -> None:
    assert names_swapped([_asked("a", "x"), _asked("b", "x")], {}) == []


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("Ann, Ann? (Ann)", "Bob, Bob? (Bob)"),
        ("Anns Hann ann Ann_", "Anns Hann ann Ann_"),
        ("Ann Lee saw Ann", "Cyd saw Bob"),
        ("Bob saw Ann", "Ann saw Bob"),
        ("D.J.'s day", "Eve's day"),
        ("", ""),
    ],
)
def test_names_are_replaced_whole_and_all_at_once(text: str, renamed: str) -> None:
    names = {"Ann": "Bob", "Bob": "Ann", "Ann Lee": "Cyd", "D.J.": "Eve"}

    assert rename(text, names) == renamed


def test_without_names_a_text_stays() -> None:
    assert rename("Ann", {}) == "Ann"


def test_speakers_come_in_the_order_in_which_they_first_speak() -> None:
    said = [("n", "Cyd"), ("m", "Ann"), ("n", "Bob"), ("n", "Cyd"), ("n", None)]
    entries = [
        PlacedDraft(namespace=namespace, draft=a_draft(speaker=speaker))
        for namespace, speaker in said
    ]

    assert speakers_of(entries) == {"n": ("Cyd", "Bob"), "m": ("Ann",)}


def test_foreign_questions_are_as_many_and_from_every_pool_alike() -> None:
    own = [_asked("n", "a")] * 4 + [_asked("m", "a")] * 2
    small, large = [_asked("p", "x", "p1")], [_asked("q", "x", f"q{n}") for n in range(9)]

    drawn = foreign(own, [small, large], seed=1)

    texts = [one.text for one in drawn]
    assert [one.namespace for one in drawn] == ["n"] * 4 + ["m"] * 2
    assert texts.count("p1") == 1
    assert len(set(texts)) == 6
    assert not any(one.gold for one in drawn)
    assert drawn == foreign(own, [small, large], seed=1) != foreign(own, [small, large], seed=2)


def test_there_are_no_more_foreign_questions_than_the_pools_hold() -> None:
    own = [_asked("n", "a")] * 4

    assert len(foreign(own, [[_asked("p", "x")]], seed=0)) == 1
    assert foreign(own, [], seed=0) == []
