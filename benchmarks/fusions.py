"""Which rule makes one ranking of two legs: `make bench-fusion DATA=folder`.

Every rule orders the same candidates, those that the product found, by both legs' exact scores.
The product's own ranking stands last, once without and once with what the conversation tells.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from benchmarks.datasets import find_sets
from benchmarks.examples import Example, gather
from benchmarks.parts import is_for_tuning, read_parts
from benchmarks.results import RESULTS, describe_data, describe_model, describe_run, write_result
from benchmarks.splits import Part
from benchmarks.stores import remembered
from benchmarks.tables import table
from benchmarks.variants import without_conversation
from benchmarks.vectors import VectorShelf
from memory_service.errors import MemoryServiceError
from memory_service.evaluation.intervals import interval
from memory_service.evaluation.measures import NDCG
from memory_service.retrieval.absolute import dense_absolute, lexical_absolute
from memory_service.retrieval.fusion import min_max, order
from memory_service.retrieval.ranking import rank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from memory_service.model.read import DenseLeg, LexicalLeg

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Legs:
    """Both legs of one question: between the worst and the best candidate, and absolute."""

    dense: Scores
    lexical: Scores
    dense_absolute: Scores
    lexical_absolute: Scores


def legs_of(example: Example) -> Legs:
    """The legs of a question."""
    dense, lexical = _both(example)
    return Legs(
        dense=min_max(dense.scores),
        lexical=min_max(lexical.scores),
        dense_absolute=dense_absolute(dense.scores, example.options.floor or 0.0),
        lexical_absolute=lexical_absolute(lexical.scores, lexical.query.bound),
    )


def _both(example: Example) -> tuple[DenseLeg, LexicalLeg]:
    dense, lexical = example.candidates.dense, example.candidates.lexical
    if dense is None or lexical is None:
        raise ValueError("a fusion needs both legs")
    return dense, lexical


def convex(weight: float) -> Callable[[Legs], Scores]:
    """`w * dense + (1 - w) * lexical` (Bruch, Gai, Ingber, arXiv 2210.11934)."""
    return lambda legs: weight * legs.dense + (1 - weight) * legs.lexical


def convex_absolute(weight: float) -> Callable[[Legs], Scores]:
    """The same over absolute scores."""
    return lambda legs: weight * legs.dense_absolute + (1 - weight) * legs.lexical_absolute


def max_plus(share: float) -> Callable[[Legs], Scores]:
    """The better leg and a share of the worse."""
    return lambda legs: (
        np.maximum(legs.dense, legs.lexical) + share * np.minimum(legs.dense, legs.lexical)
    )


def log_odds(legs: Legs) -> Scores:
    """Both absolute scores as probabilities, their log-odds added."""
    return _log_odds(legs.dense_absolute) + _log_odds(legs.lexical_absolute)


def reciprocal_rank(k: float) -> Callable[[Legs], Scores]:
    """`1 / (k + rank)` of both legs (Cormack, Clarke, Büttcher, SIGIR 2009)."""
    return lambda legs: 1 / (k + _ranks(legs.dense)) + 1 / (k + _ranks(legs.lexical))


def _log_odds(share: Scores) -> Scores:
    kept = np.clip(share, 0.01, 0.99)
    return np.asarray(np.log(kept / (1 - kept)))


def _ranks(scores: Scores) -> Scores:
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return ranks


#: Every rule by name.
RULES: Mapping[str, Callable[[Legs], Scores]] = {
    "lexical leg alone": convex(0.0),
    "dense leg alone": convex(1.0),
    "reciprocal rank, k = 60": reciprocal_rank(60),
    "reciprocal rank, k = 5": reciprocal_rank(5),
    "log-odds": log_odds,
    "convex of absolute scores, dense 0.4": convex_absolute(0.4),
    "max plus 0.3 min": max_plus(0.3),
    **{f"convex of min-max, dense {weight}": convex(weight) for weight in (0.3, 0.4, 0.5, 0.7)},
}


def orders(example: Example) -> dict[str, list[str]]:
    """The first ten ids by every rule, and by the product with and without the conversation."""
    legs, ids = legs_of(example), example.candidates.ids
    found = {
        name: [ids[row] for row in order(rule(legs), ids)[:10]] for name, rule in RULES.items()
    }
    bare = without_conversation(example.options)
    for name, options in (("the product, legs alone", bare), ("the product", example.options)):
        places = rank(example.candidates, options).places[:10]
        found[name] = [ids[row] for row in places]
    return found


def figures(examples: Sequence[Example], *, seed: int) -> dict[str, Any]:
    """nDCG@10 of every rule, with intervals, over the questions that found an answer's entry.

    A question whose answer is no candidate counts 0 under every rule.
    """
    values: dict[str, list[float]] = {}
    for example in examples:
        for name, ranked in orders(example).items():
            values.setdefault(name, []).append(NDCG.compute(ranked, dict.fromkeys(example.gold, 1)))
    return {name: asdict(interval(each, seed=seed)) for name, each in values.items()}


def fusion_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """One row per rule, one column per set; nDCG@10 in percent."""
    if not results:
        return ""
    rows = [
        [name, *(_cell(result["rules"][name]) for result in results)]
        for name in results[0]["rules"]
    ]
    return table(["nDCG@10", *(f"{one['set']}, {one['part']}" for one in results)], rows)


def _cell(value: Mapping[str, float]) -> str:
    return f"{100 * value['mean']:.1f} ({100 * value['low']:.1f} to {100 * value['high']:.1f})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the tuning part of the sets; 0 if it could be done, 2 if the input is no use."""
    options = _parser().parse_args(arguments)
    shelf = VectorShelf(options.vectors)
    try:
        folders = [one for one in find_sets(options.data) if is_for_tuning(one.name)]
        results = [_benchmark(folder, shelf, options) for folder in folders]
    except MemoryServiceError as error:
        print(error.detail, file=sys.stderr)
        return 2
    print(fusion_tables(results))
    return 0


def _benchmark(folder: Path, shelf: VectorShelf, options: argparse.Namespace) -> dict[str, Any]:
    dataset = read_parts(folder, report=False).dataset
    questions = [asked for asked in dataset.questions if asked.gold]
    with remembered(dataset, model=options.model, shelf=shelf) as store:
        examples = gather(store, dataset, questions)
        model = describe_model(store.model)
    result = {
        "benchmark": "fusion",
        "set": dataset.name,
        "part": Part.TUNED.value,
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "model": model,
        "data": describe_data(dataset),
        "rules": figures(examples, seed=options.seed),
    }
    write_result(options.results / f"fusion-{dataset.name}.json", result)
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-fusion", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a folder of sets")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    parser.add_argument("--model", default="auto", help="as in the settings")
    parser.add_argument("--vectors", type=Path, help="keep the model's vectors in this folder")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results go")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
