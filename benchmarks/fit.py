"""Fit the coefficients that ship: `make fit DATA=folder`.

Turns of a conversation are fitted on the conversations that were written for this project
(`benchmarks/conversations`), entries outside of one on SciFact's training claims and CoSQA's
development questions; evidence and relevance on all three, with the questions that lose their
answer.  No other set is read, unless `--also` names one to see what it would change.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.datasets import find_sets
from benchmarks.examples import Example, by_dense_alone, by_words_alone
from benchmarks.fitting import Ranked, fit_logistic, fit_ranking
from benchmarks.parts import read_parts
from benchmarks.sampling import Sample, sample
from benchmarks.unanswerable import answerable
from benchmarks.vectors import VectorShelf
from memory_service.embedding.precision import CHOICES
from memory_service.errors import MemoryServiceError
from memory_service.fitted.loading import FORMAT, load_fitted, parse_fitted
from memory_service.retrieval.ranking import RankingOptions, rank
from memory_service.retrieval.relevance import log_shares
from memory_service.retrieval.signs import SIGNS
from memory_service.retrieval.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.fitting import Column
    from memory_service.fitted.loading import Fitted

_TALK = ("neighbours", "session", "speaker", "length", "asks", "answers_found")
#: The features of each choice of legs: for entries, and for turns of a conversation.
FEATURES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "both": (
        ("dense_peak", "dense", "lexical", "best_leg", "coverage"),
        ("dense", "best_leg", "coverage", *_TALK),
    ),
    "dense": (("dense",), ("dense", *_TALK)),
    "lexical": (("lexical", "coverage"), ("lexical", "coverage", *_TALK)),
}
#: The signs of each judge.
JUDGES: Mapping[str, tuple[str, ...]] = {
    "both": ("dense", "words", "margin"),
    "dense": ("dense", "margin"),
    "lexical": ("words", "margin"),
}
_LEGS: Mapping[str, Callable[[Example], Example]] = {
    "both": lambda example: example,
    "dense": by_dense_alone,
    "lexical": by_words_alone,
}
_RIDGE_RANKING = 1e-3
_RIDGE_EVIDENCE = 1e-4
#: Candidates of a question from which relevance is fitted.
_TOP = 20
_DIGITS = 3
#: From where on evidence is weak, and strong: `none` empties an answer, so it is said only where
#: four in five such questions have none.
_WEAK, _STRONG = 0.2, 0.6
_HERE = Path(__file__).parent
_CONVERSATIONS = _HERE / "conversations"
_FILE = _HERE.parent / "memory_service" / "fitted" / "coefficients.json"
#: The sets of which the tuning part fits entries outside of a conversation.
_SETS = ("scifact_train", "cosqa")


def fit(samples: Sequence[Sample], before: Fitted, *, model: str) -> dict[str, Any]:
    """The content of a coefficients file.

    Each step looks at rankings by what the steps before it found.  Nothing here is in another
    script than Latin, so its judge is derived, see `_other_scripts`.
    """
    content: dict[str, Any] = {
        "format": FORMAT,
        "licence": "MIT",
        "fitted_on": {"models": [model], "sets": [one.name for one in samples]},
        "ranking": {legs: _fit_legs(samples, legs) for legs in FEATURES},
        "relevance": asdict(before.relevance),
        "evidence": asdict(before.evidence),
    }
    evidence = content["evidence"]
    fitted = parse_fitted(content)
    judges = {legs: _fit_judge(samples, legs, fitted) for legs in JUDGES}
    evidence["judges"] = judges | {"other_scripts": _other_scripts(judges["lexical"])}
    fitted = parse_fitted(content)
    evidence |= {"weak_from": _WEAK, "strong_from": _STRONG}
    content["relevance"] = _fit_relevance(samples, fitted)
    return content


def _fit_legs(samples: Sequence[Sample], legs: str) -> dict[str, dict[str, float]]:
    entry, turn = FEATURES[legs]
    return {
        "entry": _fit_features([one for one in samples if not one.talk], legs, entry),
        "turn": _fit_features([one for one in samples if one.talk], legs, turn),
    }


def _fit_features(
    samples: Sequence[Sample], legs: str, features: Sequence[str]
) -> dict[str, float]:
    sets = [[_ranked(_LEGS[legs](one), features) for one in each.found] for each in samples]
    return _named(features, fit_ranking(sets, ridge=_RIDGE_RANKING))


def _ranked(example: Example, features: Sequence[str]) -> Ranked:
    columns = View(example.candidates, example.options).columns()
    return Ranked(
        features=np.column_stack([columns.of(name) for name in features]),
        relevant=example.relevant,
    )


def _fit_judge(samples: Sequence[Sample], legs: str, fitted: Fitted) -> dict[str, Any]:
    """A judge to whom each set counts the same, and answers as much as their absence."""
    signs, rows, truth, weights = JUDGES[legs], [], [], []
    for each in samples:
        for answered, examples in ((1.0, each.found), (0.0, each.without)):
            rows += [_signs(_LEGS[legs](one), signs, fitted) for one in examples]
            truth += [answered] * len(examples)
            weights += [1.0 / len(examples)] * len(examples)
    found = fit_logistic(np.array(rows), np.array(truth), np.array(weights), ridge=_RIDGE_EVIDENCE)
    return {"weights": _named(signs, found.weights), "bias": round(found.bias, _DIGITS)}


def _other_scripts(lexical: Mapping[str, Any]) -> dict[str, Any]:
    """The judge by words, to whom words count twice.

    Where writing has no spaces a query is asked by pairs of characters, of which about half
    straddle two words and are found nowhere: half of the weight is all that can be held.  And
    since nobody has seen it judge, it says `none` at half of the common border.
    """
    weights = dict(lexical["weights"])
    return {
        "weights": weights | {"words": 2 * weights["words"]},
        "bias": lexical["bias"],
        "weak_from": _WEAK / 2,
    }


def _signs(example: Example, signs: Sequence[str], fitted: Fitted) -> list[float]:
    view = View(example.candidates, _options(example, fitted))
    seen = view.seen(view.weighed().values)
    return [SIGNS[name](seen) for name in signs]


def _fit_relevance(samples: Sequence[Sample], fitted: Fitted) -> dict[str, float]:
    """From the first candidates of questions with an answer, each set the same."""
    rows, truth, weights = [], [], []
    for each in samples:
        for one in each.found:
            shares, relevant = _shares(one, fitted)
            rows.append(shares)
            truth.append(relevant)
            weights.append(np.full(len(relevant), 1.0 / len(each.found) / len(relevant)))
    found = fit_logistic(
        np.concatenate(rows)[:, None],
        np.concatenate(truth),
        np.concatenate(weights),
        ridge=_RIDGE_EVIDENCE,
    )
    return _named(("share",), found.weights) | {"bias": round(found.bias, _DIGITS)}


def _shares(example: Example, fitted: Fitted) -> tuple[Column, Column]:
    """The first candidates' log shares, and which of them answer."""
    ranking = rank(example.candidates, _options(example, fitted))
    first = slice(0, _TOP)
    relevant = example.relevant[ranking.places][first].astype(np.float64)
    return log_shares(ranking.fused)[first], relevant


def _options(example: Example, fitted: Fitted) -> RankingOptions:
    return replace(
        example.options,
        weights=fitted.weights,
        relevance=fitted.relevance,
        evidence=fitted.evidence,
    )


def _named(names: Sequence[str], values: Column) -> dict[str, float]:
    return {name: round(float(value), _DIGITS) for name, value in zip(names, values, strict=True)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and write the file; 0 if it could be done, 2 if the input cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        content = _fit(options)
    except MemoryServiceError as error:
        print(error.detail, file=sys.stderr)
        return 2
    options.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


def _fit(options: argparse.Namespace) -> dict[str, Any]:
    shelf = VectorShelf(options.vectors)
    parts = [read_parts(_CONVERSATIONS, report=True)]
    names = (*_SETS, *options.also)
    parts += [read_parts(find_sets(options.data, name)[0], report=False) for name in names]
    samples = []
    for one in parts:
        strange = [asked for other in one.unlike(parts) for asked in other.dataset.questions]
        questions = answerable(one.dataset.questions)
        samples.append(
            sample(
                one.dataset,
                questions,
                strange,
                shelf=shelf,
                model=options.model,
                precision=options.precision,
            )
        )
    model = samples[0].model
    return fit(samples, load_fitted(), model=model)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fit", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of sets")
    parser.add_argument("--also", nargs="*", default=[], help="further sets, of their tuning part")
    parser.add_argument("--model", default="auto", help="as in the settings")
    parser.add_argument("--precision", choices=CHOICES, default="auto", help="as in the settings")
    parser.add_argument("--vectors", type=Path, help="where vectors are kept between runs")
    parser.add_argument("--out", type=Path, default=_FILE, help="the file to write")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
