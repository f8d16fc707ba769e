"""What each mechanism is worth: `make bench-ablation DATA=folder`.

Every question of a set is asked of the product once.  Then its candidates are ranked again: by
the product with one thing off, and by rules that the product does not use.  Only questions that
are for tuning are asked, since they decide; with --report the others are, which is for a release
and not for a loop.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.ablation_tables import ablation_tables
from benchmarks.datasets import by_corpus, read_sets
from benchmarks.examples import gather
from benchmarks.fusions import RULES, SHOWN, by_rule
from benchmarks.results import (
    RESULTS,
    describe_data,
    describe_model,
    describe_run,
    describe_settings,
    write_result,
)
from benchmarks.splits import Part, only
from benchmarks.stores import remembered
from benchmarks.variants import DEFAULT, VARIANTS
from benchmarks.vectors import VectorShelf
from memory_service.embedding.precision import CHOICES
from memory_service.engine.options import EngineOptions
from memory_service.errors import InvalidInputError, MemoryServiceError
from memory_service.evaluation.intervals import interval
from memory_service.evaluation.measures import MEASURES
from memory_service.retrieval.ranking import rank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.datasets import Dataset
    from benchmarks.examples import Example
    from benchmarks.stores import Store
    from benchmarks.variants import Adjust
    from memory_service.evaluation.measures import Measure

    Ranked = Callable[[Example], list[str]]

#: The measures a variant is judged by.
_JUDGED = tuple(one for one in MEASURES if one.name in ("ndcg_10", "recall_at_10"))


def by_variant(adjust: Adjust) -> Ranked:
    """The first ids of an example, as the product ranks under changed options."""

    def ranked(example: Example) -> list[str]:
        options = adjust(EngineOptions(ranking=example.options)).ranking
        ids = example.candidates.ids
        return [ids[row] for row in rank(example.candidates, options).places[:SHOWN]]

    return ranked


def figures(
    examples: Sequence[Example], rankings: Mapping[str, Ranked], *, seed: int
) -> dict[str, Any]:
    """Each ranking's measures, and its difference to the default, with intervals."""
    values = {name: _values(examples, ranked) for name, ranked in rankings.items()}
    return {
        name: {
            "questions": len(examples),
            "measures": _intervals(found, seed=seed),
            "difference": _intervals(
                {
                    each: [
                        one - other for one, other in zip(row, values[DEFAULT][each], strict=True)
                    ]
                    for each, row in found.items()
                },
                seed=seed,
            ),
        }
        for name, found in values.items()
    }


def _values(examples: Sequence[Example], ranked: Ranked) -> dict[str, list[float]]:
    """Every question's value of every measure."""
    orders = [(ranked(example), dict.fromkeys(example.gold, 1)) for example in examples]
    return {measure.name: _of(measure, orders) for measure in _JUDGED}


def _of(measure: Measure, orders: Sequence[tuple[list[str], dict[str, int]]]) -> list[float]:
    return [measure.compute(ids, gold) for ids, gold in orders]


def _intervals(values: Mapping[str, list[float]], *, seed: int) -> dict[str, Any]:
    return {name: asdict(interval(row, seed=seed)) for name, row in values.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Ablate the sets asked for; 0 if all could be, 2 if the input cannot be used."""
    options = _parser().parse_args(arguments)
    shelf = VectorShelf(options.vectors)
    try:
        rankings = _rankings(options.variant)
        for sharing in by_corpus(_sets(options)):
            with remembered(
                sharing[0], model=options.model, precision=options.precision, shelf=shelf
            ) as store:
                for dataset in sharing:
                    _benchmark(dataset, store, rankings, options)
    except MemoryServiceError as error:
        print(error.detail, file=sys.stderr)
        return 2
    return 0


def _sets(options: argparse.Namespace) -> list[Dataset]:
    part = _part(options)
    sets = [only(dataset, part) for dataset in read_sets(options.data, options.set)]
    asked = [dataset for dataset in sets if any(one.gold for one in dataset.questions)]
    if not asked:
        raise InvalidInputError(
            f"no question of these sets is {part.value}: choose others, or "
            + ("leave --report out" if options.report else "add --report")
        )
    return asked


def _part(options: argparse.Namespace) -> Part:
    return Part.UNTOUCHED if options.report else Part.TUNED


def _rankings(names: Sequence[str] | None) -> Mapping[str, Ranked]:
    """The default, and the variants and rules of these names, or all.

    Raises:
        InvalidInputError: If there is nothing of such a name.
    """
    known = {name: by_variant(adjust) for name, adjust in VARIANTS.items()}
    known |= {f"rule: {name}": by_rule(rule) for name, rule in RULES.items()}
    unknown = set(names or ()) - known.keys()
    if unknown:
        raise InvalidInputError(
            f"there is no variant called {', '.join(sorted(unknown))}: choose from "
            + ", ".join(known)
        )
    return {name: known[name] for name in known if name in (DEFAULT, *(names or known))}


def _benchmark(
    dataset: Dataset, store: Store, rankings: Mapping[str, Ranked], options: argparse.Namespace
) -> None:
    examples = gather(store, dataset, [asked for asked in dataset.questions if asked.gold])
    part = _part(options)
    result = {
        "benchmark": "ablation",
        "set": dataset.name,
        "part": part.value,
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "model": describe_model(store.model),
        "data": describe_data(dataset),
        "configuration": describe_settings(store.settings),
        "variants": figures(examples, rankings, seed=options.seed),
    }
    if options.variant is None:
        suffix = "-untouched" if part is Part.UNTOUCHED else ""
        write_result(options.results / f"ablation-{dataset.name}{suffix}.json", result)
    print(json.dumps(result, ensure_ascii=False) if options.json else ablation_tables([result]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-ablation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a set, or a folder of sets")
    parser.add_argument("--set", action="append", help="a set to ask; all by default")
    parser.add_argument(
        "--variant",
        action="append",
        help="a variant to rank by; all by default, else nothing is kept",
    )
    parser.add_argument("--report", action="store_true", help="ask what nothing was tuned on")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    parser.add_argument("--model", default="auto", help="as in the settings")
    parser.add_argument("--precision", choices=CHOICES, default="auto", help="as in the settings")
    parser.add_argument("--vectors", type=Path, help="keep the model's vectors in this folder")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results go")
    parser.add_argument("--json", action="store_true", help="print the result, not a table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
