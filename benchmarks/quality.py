"""How well the product ranks and cuts: `make bench-quality DATA=folder`.

Runs the product itself: the engine that a daemon runs, over a temporary data folder, with its own
model.  Each set is remembered namespace by namespace, then asked in several manners: by the dense
leg, by the lexical leg and by both, each for a ranking without a cut; as an agent asks; and with
the adaptive cut at other settings.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.asking import AS_AGENT, ask
from benchmarks.datasets import by_corpus, read_sets
from benchmarks.per_query import rows, write_rows
from benchmarks.quality_figures import Measured, figures
from benchmarks.quality_tables import quality_tables
from benchmarks.results import (
    RESULTS,
    describe_data,
    describe_model,
    describe_run,
    describe_settings,
    write_result,
)
from benchmarks.scoring import measures_of
from benchmarks.splits import Part, only
from benchmarks.stores import remembered
from benchmarks.variants import CUT_POINTS, PRODUCT, SYSTEMS, Manner
from benchmarks.vectors import VectorShelf
from memory_service.embedding.precision import CHOICES
from memory_service.errors import MemoryServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.asking import Answered
    from benchmarks.datasets import Dataset
    from benchmarks.stores import Store


def measure(store: Store, dataset: Dataset, *, curve: bool = True) -> Measured:
    """Ask the set's questions in every manner; the cut at other settings only with *curve*."""
    seconds: dict[str, float] = {}

    def answers(label: str, manner: Manner) -> list[Answered]:
        start = time.perf_counter()
        with store.engine(manner.adjust) as engine:
            answered = ask(engine, dataset, label=label, manner=manner.request)
        seconds[label] = time.perf_counter() - start
        return answered

    return Measured(
        rankings={name: answers(name, manner) for name, manner in SYSTEMS.items()},
        adaptive=answers("adaptive", Manner(request=AS_AGENT)),
        points={name: answers(name, manner) for name, manner in CUT_POINTS.items() if curve},
        seconds=seconds,
    )


def describe(
    dataset: Dataset, store: Store, measured: Measured, *, seed: int, now: datetime
) -> dict[str, Any]:
    """The result: what was measured, on what, with what, and the figures."""
    return {
        "benchmark": "quality",
        "set": dataset.name,
        "run": asdict(describe_run(seed=seed, now=now)),
        "model": describe_model(store.model),
        "data": describe_data(dataset),
        "remembered": dict(store.outcomes),
        "configuration": describe_settings(store.settings) | {"limit": AS_AGENT.limit},
        **figures(dataset, measured, seed=seed),
        "seconds": {"remember": store.seconds, **measured.seconds},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the sets asked for; 0 if all could be, 2 if the input cannot be used."""
    options = _parser().parse_args(arguments)
    shelf = VectorShelf(options.vectors)
    try:
        sets = read_sets(options.data, options.set)
        if options.tuning:
            sets = [asked for one in sets if (asked := only(one, Part.TUNED)).questions]
        for sharing in by_corpus(sets):
            with remembered(
                sharing[0], model=options.model, precision=options.precision, shelf=shelf
            ) as store:
                for dataset in sharing:
                    _benchmark(dataset, store, options)
    except MemoryServiceError as error:
        print(error.detail, file=sys.stderr)
        return 2
    return 0


def _benchmark(dataset: Dataset, store: Store, options: argparse.Namespace) -> None:
    measured = measure(store, dataset, curve=not options.no_curve)
    result = describe(dataset, store, measured, seed=options.seed, now=datetime.now(UTC))
    results = options.results or (None if options.tuning else RESULTS)
    if results:
        write_result(results / f"{dataset.name}.json", result)
    if options.per_query:
        lines = rows(measured.rankings[PRODUCT], measured.adaptive, measures_of(dataset))
        write_rows(options.per_query / f"{dataset.name}.jsonl", lines)
    print(json.dumps(result, ensure_ascii=False) if options.json else quality_tables([result]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-quality", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a set, or a folder of sets")
    parser.add_argument("--set", action="append", help="a set to measure; all by default")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    parser.add_argument("--model", default="auto", help="as in the settings")
    parser.add_argument("--precision", choices=CHOICES, default="auto", help="as in the settings")
    parser.add_argument("--tuning", action="store_true", help="ask what is for tuning, no more")
    parser.add_argument(
        "--results", type=Path, help="where results go; by default benchmarks/results, if whole"
    )
    parser.add_argument("--vectors", type=Path, help="keep the model's vectors in this folder")
    parser.add_argument("--per-query", type=Path, help="write a line a question into this folder")
    parser.add_argument("--json", action="store_true", help="print the result, not a table")
    parser.add_argument(
        "--no-curve",
        action="store_true",
        help="leave out the cut at other settings: a third of the time",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
