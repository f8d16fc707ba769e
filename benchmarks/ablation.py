"""What each mechanism is worth: `make bench-ablation DATA=folder`.

Every set is remembered once, and asked by the product and by variants of it that have one thing
switched off.  Only questions that are for tuning are asked, since they decide; with --report the
others are, which is for a release and not for a loop.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.ablation_tables import ablation_tables
from benchmarks.asking import AS_AGENT, ask
from benchmarks.cutting import as_answered
from benchmarks.datasets import by_corpus, read_sets
from benchmarks.per_query import rows, write_rows
from benchmarks.results import (
    RESULTS,
    describe_data,
    describe_model,
    describe_run,
    describe_settings,
    write_result,
)
from benchmarks.scoring import difference, measures_of, own_time, score, with_gold
from benchmarks.splits import Part, only
from benchmarks.stores import remembered
from benchmarks.variants import DEFAULT, PRODUCT, SYSTEMS, VARIANTS
from benchmarks.vectors import VectorShelf
from memory_service.errors import InvalidInputError, MemoryServiceError
from memory_service.evaluation.curves import figures_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.asking import Answered
    from benchmarks.datasets import Dataset
    from benchmarks.stores import Store
    from benchmarks.variants import Adjust

#: The measures a variant is judged by.
_JUDGED = ("ndcg_10", "recall_at_10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A set's questions, ranked without a cut and answered as an agent asks, and the seconds."""

    ranking: Sequence[Answered]
    adaptive: Sequence[Answered]
    seconds: float


def ask_variants(
    store: Store, dataset: Dataset, variants: Mapping[str, Adjust]
) -> dict[str, Asked]:
    """Ask the set of each variant."""
    return {name: _ask(store, dataset, name, adjust) for name, adjust in variants.items()}


def figures(dataset: Dataset, asked: Mapping[str, Asked], *, seed: int) -> dict[str, Any]:
    """Each variant's measures, answers and time, and its difference to the default."""
    measures = [measure for measure in measures_of(dataset) if measure.name in _JUDGED]
    default = with_gold(asked[DEFAULT].ranking)
    found = {}
    for name, variant in asked.items():
        ranking = with_gold(variant.ranking)
        found[name] = {
            **asdict(score(ranking, measures, seed=seed)),
            "difference": {
                measure: asdict(bounds)
                for measure, bounds in difference(ranking, default, measures, seed=seed).items()
            },
            "adaptive": asdict(figures_of(as_answered(with_gold(variant.adaptive)))),
            "own_milliseconds": own_time(variant.adaptive).median,
            "seconds": variant.seconds,
        }
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Ablate the sets asked for; 0 if all could be, 2 if the input cannot be used."""
    options = _parser().parse_args(arguments)
    shelf = VectorShelf(options.vectors)
    try:
        variants = _variants(options.variant)
        for sharing in by_corpus(_sets(options)):
            with remembered(sharing[0], model=options.model, shelf=shelf) as store:
                for dataset in sharing:
                    _benchmark(dataset, store, variants, options)
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


def _variants(names: Sequence[str] | None) -> Mapping[str, Adjust]:
    """The default and the variants of these names, or all.

    Raises:
        InvalidInputError: If there is no such variant.
    """
    unknown = set(names or ()) - VARIANTS.keys()
    if unknown:
        raise InvalidInputError(
            f"there is no variant called {', '.join(sorted(unknown))}: choose from "
            + ", ".join(VARIANTS)
        )
    return {name: VARIANTS[name] for name in VARIANTS if name in (DEFAULT, *(names or VARIANTS))}


def _ask(store: Store, dataset: Dataset, name: str, adjust: Adjust) -> Asked:
    start = time.perf_counter()
    with store.engine(adjust) as engine:
        ranking = ask(engine, dataset, label=name, manner=SYSTEMS[PRODUCT].request)
        adaptive = ask(engine, dataset, label=f"{name}, adaptive", manner=AS_AGENT)
    return Asked(ranking=ranking, adaptive=adaptive, seconds=time.perf_counter() - start)


def _benchmark(
    dataset: Dataset, store: Store, variants: Mapping[str, Adjust], options: argparse.Namespace
) -> None:
    asked = ask_variants(store, dataset, variants)
    part = _part(options)
    result = {
        "benchmark": "ablation",
        "set": dataset.name,
        "part": part.value,
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "model": describe_model(store.model),
        "data": describe_data(dataset),
        "configuration": describe_settings(store.settings) | {"limit": AS_AGENT.limit},
        "variants": figures(dataset, asked, seed=options.seed),
        "seconds": {"remember": store.seconds},
    }
    if len(variants) == len(VARIANTS):
        suffix = "-untouched" if part is Part.UNTOUCHED else ""
        write_result(options.results / f"ablation-{dataset.name}{suffix}.json", result)
    if options.per_query:
        _write_rows(options.per_query, dataset, asked)
    print(json.dumps(result, ensure_ascii=False) if options.json else ablation_tables([result]))


def _write_rows(folder: Path, dataset: Dataset, asked: Mapping[str, Asked]) -> None:
    for name, variant in asked.items():
        lines = rows(variant.ranking, variant.adaptive, measures_of(dataset))
        write_rows(folder / name / f"{dataset.name}.jsonl", lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-ablation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a set, or a folder of sets")
    parser.add_argument("--set", action="append", help="a set to ask; all by default")
    parser.add_argument(
        "--variant", action="append", help="a variant to ask; all by default, else nothing is kept"
    )
    parser.add_argument("--report", action="store_true", help="ask what nothing was tuned on")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    parser.add_argument("--model", default="auto", help="as in the settings")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results go")
    parser.add_argument("--vectors", type=Path, help="keep the model's vectors in this folder")
    parser.add_argument(
        "--per-query", type=Path, help="write a line a question into a folder for each variant here"
    )
    parser.add_argument("--json", action="store_true", help="print the result, not a table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
