"""The ranking is no worse than when it was last changed on purpose.

After a change that is meant: `python -m tests.golden.write`, and look at what it prints.
"""

from __future__ import annotations

import pytest

from memory_service.model.recall import EvidenceLevel
from tests.golden.measuring import GUARDED, LEGS, Golden, measure, read_golden

pytestmark = pytest.mark.model

GOLDEN = read_golden()
#: Points of a percent that a figure may fall: another processor rounds vectors otherwise.
TOLERANCE = 0.5
_STRENGTH = [
    level.value for level in (EvidenceLevel.NONE, EvidenceLevel.WEAK, EvidenceLevel.STRONG)
]

each_set = pytest.mark.parametrize("name", GOLDEN.sets)


@pytest.fixture(scope="module")
def measured() -> Golden:
    return measure()


def test_the_model_is_the_one_that_was_measured(measured: Golden) -> None:
    assert measured.model == GOLDEN.model
    assert measured.sets.keys() == GOLDEN.sets.keys()


@each_set
@pytest.mark.parametrize("legs", LEGS)
def test_no_figure_falls(measured: Golden, name: str, legs: str) -> None:
    now, before = measured.sets[name].legs[legs], GOLDEN.sets[name].legs[legs]

    for one in GUARDED:
        assert now[one.name] >= before[one.name] - TOLERANCE, one.name


@each_set
def test_telling_questions_find_the_same_first_three(measured: Golden, name: str) -> None:
    assert measured.sets[name].first == GOLDEN.sets[name].first


@each_set
def test_no_question_without_an_answer_gets_stronger_evidence(measured: Golden, name: str) -> None:
    now, before = measured.sets[name].evidence, GOLDEN.sets[name].evidence

    assert now.keys() == before.keys()
    for question, level in now.items():
        assert _STRENGTH.index(level) <= _STRENGTH.index(before[question]), question


@each_set
def test_no_question_with_an_answer_falls_silent(measured: Golden, name: str) -> None:
    assert set(measured.sets[name].silent) <= set(GOLDEN.sets[name].silent)
