"""Figures from answers whose measures are known."""

from __future__ import annotations

import pytest

from benchmarks.datasets import Dataset
from benchmarks.scoring import by_category, by_part, difference, own_time, score, with_gold
from memory_service.evaluation.measures import MEASURES
from tests.support.answers import an_answer


def _set(name: str) -> Dataset:
    return Dataset(name=name, entries=(), questions=(), sha256="")


def test_questions_without_gold_count_in_no_measure() -> None:
    group = score(with_gold([an_answer("ab", "a"), an_answer("ab", "")]), MEASURES, seed=0)

    assert group.questions == 1
    assert group.measures["hit_1"].mean == 1.0


def test_both_parts_of_a_set_and_all_of_it_stand_side_by_side() -> None:
    tuned, fresh, unknown = (
        an_answer("ab", "a", category="dev"),
        an_answer("ab", "b", category="test"),
        an_answer("ab", "", category="test"),
    )

    parts = by_part(_set("cosqa"), [tuned, fresh, unknown])

    assert parts == {"tuned on": [tuned], "untouched": [fresh], "all": [tuned, fresh]}


def test_a_set_of_one_part_has_no_other_row() -> None:
    one = an_answer("ab", "a")

    assert by_part(_set("scifact_train"), [one]) == {"tuned on": [one]}
    assert by_part(_set("elsewhere"), [one]) == {"untouched": [one]}


def test_categories_matter_when_there_are_several() -> None:
    x, y = an_answer("ab", "a", category="x"), an_answer("ab", "b", category="y")

    assert by_category([x, y, x]) == {"x": [x, x], "y": [y]}
    assert by_category([x, x]) == {}


def test_a_difference_is_of_the_same_questions() -> None:
    """One question gains a whole hit@1, the other loses nothing."""
    better = [an_answer("ab", "a"), an_answer("ba", "b")]
    other = [an_answer("ba", "a"), an_answer("ba", "b")]

    gained = difference(better, other, MEASURES, seed=0)

    assert gained["hit_1"].mean == 0.5
    assert gained["recall_at_5"].mean == 0.0


def test_the_models_time_is_not_the_read_paths() -> None:
    fast, slow = {"lexical": 1.0, "embed": 90.0}, {"lexical": 2.0, "fetch": 3.0, "embed": 1.0}

    time = own_time([an_answer("a", "a", timings=timing) for timing in (fast, slow, slow)])

    assert time.median == 5.0
    assert time.p95 == pytest.approx(5.0)
    assert time.stages == {"fetch": 3.0, "lexical": 2.0}
