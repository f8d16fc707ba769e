"""What is printed when the golden file is written anew."""

from __future__ import annotations

from dataclasses import replace

from tests.golden.measuring import Golden, SetFigures
from tests.golden.write import differences

_BEFORE = SetFigures(
    legs={"hybrid": {"ndcg_10": 60.0, "recall_at_10": 70.0}},
    first={"q1": ["a", "b", "c"]},
    evidence={"q2": "weak"},
    silent=[],
)


def _golden(figures: SetFigures) -> Golden:
    return Golden(model="m", sets={"notes": figures})


def test_nothing_is_said_of_what_is_the_same() -> None:
    assert list(differences(_golden(_BEFORE), _golden(_BEFORE))) == []


def test_every_change_has_its_line() -> None:
    now = replace(
        _BEFORE,
        legs={"hybrid": {"ndcg_10": 61.5, "recall_at_10": 70.0}},
        first={"q1": ["b", "a", "c"]},
        evidence={"q2": "none"},
        silent=["q3"],
    )

    assert list(differences(_golden(_BEFORE), _golden(now))) == [
        "notes: hybrid ndcg_10: 60.0 -> 61.5 (+1.50)",
        "notes: q1 first: ['a', 'b', 'c'] -> ['b', 'a', 'c']",
        "notes: q2 without an answer: weak -> none",
        "notes: silent: [] -> ['q3']",
    ]


def test_another_model_and_another_set_are_named() -> None:
    now = Golden(model="other", sets={"notes": _BEFORE, "more": _BEFORE})

    assert list(differences(_golden(_BEFORE), now)) == [
        "another model: m -> other",
        "more: new",
    ]
