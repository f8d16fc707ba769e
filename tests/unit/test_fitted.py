"""Coefficients: what ships can be read, and what is not known is refused by name."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

import pytest

from memory_service.fitted.loading import FORMAT, load_fitted, parse_fitted
from memory_service.retrieval.features import FEATURES
from memory_service.retrieval.signs import SIGNS

A_MODEL = "5" * 64
CONTENT: dict[str, Any] = {
    "format": FORMAT,
    "licence": "MIT",
    "fitted_on": {"models": [A_MODEL], "sets": ["ours"]},
    "ranking": {
        "both": {"entry": {"dense": 1.5, "lexical": 2.0}, "turn": {"dense": 0.5, "session": 3.0}},
        "dense": {"entry": {"dense": 9.0}, "turn": {"dense": 8.0}},
        "lexical": {"entry": {"lexical": 7.0}, "turn": {"coverage": 6.0}},
    },
    "relevance": {"share": 1.25, "bias": -0.25},
    "evidence": {
        "judges": {
            "both": {"weights": {"dense": 3.0, "words": 2.0}, "bias": -3.0},
            "dense": {"weights": {"dense": 5.0}, "bias": -2.0},
            "lexical": {"weights": {"words": 4.0}, "bias": -1.0},
            "other_scripts": {"weights": {"words": 8.0}, "bias": -1.0},
        },
        "weak_from": 0.2,
        "strong_from": 0.6,
    },
}


def changed(*path: str, value: object) -> dict[str, Any]:
    """The content with one value set."""
    content = copy.deepcopy(CONTENT)
    place = content
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return content


def test_every_number_of_a_file_is_taken() -> None:
    fitted = parse_fitted(CONTENT)

    assert fitted.weights.both.entry == {"dense": 1.5, "lexical": 2.0}
    assert fitted.weights.both.turn == {"dense": 0.5, "session": 3.0}
    assert (fitted.weights.dense.turn, fitted.weights.lexical.turn) == (
        {"dense": 8.0},
        {"coverage": 6.0},
    )
    assert (fitted.relevance.share, fitted.relevance.bias) == (1.25, -0.25)
    judges = fitted.evidence.judges
    assert (judges.both.weights, judges.both.bias) == ({"dense": 3.0, "words": 2.0}, -3.0)
    assert [one.bias for one in (judges.dense, judges.lexical, judges.other_scripts)] == [
        -2.0,
        -1.0,
        -1.0,
    ]
    assert (fitted.evidence.weak_from, fitted.evidence.strong_from) == (0.2, 0.6)
    assert fitted.licence == "MIT"


@pytest.mark.parametrize("other", [0, 2, "1", None])
def test_another_format_is_refused(other: object) -> None:
    with pytest.raises(ValueError, match=f"format {other}"):
        parse_fitted(changed("format", value=other))


@pytest.mark.parametrize(
    "path",
    [
        ("ranking", "both", "entry", "fame"),
        ("ranking", "both", "turn", "fame"),
        ("ranking", "dense", "turn", "fame"),
        ("evidence", "judges", "both", "weights", "fame"),
        ("evidence", "judges", "other_scripts", "weights", "fame"),
    ],
)
def test_what_is_not_known_is_refused_by_name(path: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="fame"):
        parse_fitted(changed(*path, value=1.0))


def test_a_model_it_was_fitted_on_is_told_from_others() -> None:
    fitted = parse_fitted(CONTENT)

    assert [fitted.calibration(sha) for sha in (A_MODEL, "6" * 64, "")] == [
        "fitted",
        "generic",
        "generic",
    ]


def test_what_ships_can_be_read() -> None:
    fitted = load_fitted()

    weights = (fitted.weights.both, fitted.weights.dense, fitted.weights.lexical)
    assert all({*one.entry, *one.turn} <= FEATURES.keys() for one in weights)
    judges = fitted.evidence.judges
    for judge in (judges.both, judges.dense, judges.lexical, judges.other_scripts):
        assert judge.weights.keys() <= SIGNS.keys()


def test_what_ships_keeps_the_order_of_levels_and_probabilities() -> None:
    """Whatever was fitted: a better candidate is no less likely, and more of a sign no less."""
    fitted = load_fitted()

    assert 0.0 < fitted.evidence.weak_from < fitted.evidence.strong_from < 1.0
    assert fitted.relevance.share > 0.0
    judges = fitted.evidence.judges
    for judge in (judges.both, judges.dense, judges.lexical, judges.other_scripts):
        assert all(weight >= 0.0 for weight in judge.weights.values())


def test_what_ships_weighs_a_missing_leg_with_nothing_of_it() -> None:
    fitted = load_fitted()

    of_words, of_meaning = {"lexical", "coverage"}, {"dense", "dense_peak"}
    for leg, absent in ((fitted.weights.dense, of_words), (fitted.weights.lexical, of_meaning)):
        assert not absent & {*leg.entry, *leg.turn}


def test_what_ships_says_what_it_was_fitted_on_and_its_licence() -> None:
    held = json.loads(files("memory_service.fitted").joinpath("coefficients.json").read_text())

    assert held["format"] == FORMAT
    assert held["licence"]
    assert held["fitted_on"]["sets"]
    models = held["fitted_on"]["models"]
    assert models
    assert all(len(bytes.fromhex(sha)) == 32 for sha in models)
