"""How well the product ranks: `make bench-quality DATA=folder`.

Runs the product itself: the engine that a daemon runs, over a temporary data folder, with its own
model.  Each set is remembered namespace by namespace, then asked in four manners: by the dense
leg, by the lexical leg and by both, each for a ranking without a cut, and as an agent asks.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.asking import AS_AGENT, DEPTH, Answered, as_ranking, ask, ingest
from benchmarks.datasets import Dataset, find_sets, read_set
from benchmarks.results import RESULTS, describe_data, describe_model, describe_run, write_result
from benchmarks.scoring import compare, metrics_of, score_cut, score_groups
from benchmarks.splits import held_out
from benchmarks.tables import quality_tables
from memory_service.app import create_engine
from memory_service.errors import MemoryServiceError
from memory_service.model.recall import Legs
from memory_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from memory_service.engine.engine import MemoryEngine

#: The systems whose rankings are compared; the last is the product.
SYSTEMS: Mapping[str, Legs] = {
    "lexical": Legs(dense=False),
    "dense": Legs(lexical=False),
    "hybrid": Legs(),
}
#: Settings that can move a figure.
_TELLING = ("language", "bm25_k1", "bm25_b", "dense_weight", "exact_limit", "model_threads")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything asked of one set, and how long it took in seconds."""

    outcomes: Mapping[str, int]
    rankings: Mapping[str, list[Answered]]
    adaptive: list[Answered]
    model: dict[str, Any]
    seconds: Mapping[str, float]


def measure(engine: MemoryEngine, dataset: Dataset) -> Measured:
    """Remember the set and ask its questions in every manner."""
    marks = [time.perf_counter()]
    outcomes = ingest(engine, dataset)
    marks.append(time.perf_counter())
    rankings = {
        name: ask(engine, dataset, label=name, manner=as_ranking(legs))
        for name, legs in SYSTEMS.items()
    }
    adaptive = ask(engine, dataset, label="adaptive", manner=AS_AGENT)
    marks.append(time.perf_counter())
    return Measured(
        outcomes=outcomes,
        rankings=rankings,
        adaptive=adaptive,
        model=describe_model(engine.status().model),
        seconds={"remember": marks[1] - marks[0], "recall": marks[2] - marks[1]},
    )


def figures(dataset: Dataset, measured: Measured, *, seed: int) -> dict[str, Any]:
    """The measures of every system, their differences, and what the cut did."""
    metrics, rankings = metrics_of(dataset), measured.rankings
    hybrid = rankings["hybrid"]
    systems = {
        name: score_groups(answered, metrics, seed=seed, held_out=held_out(dataset))
        for name, answered in rankings.items()
    }
    return {
        "systems": {
            name: {group: asdict(scored) for group, scored in groups.items()}
            for name, groups in systems.items()
        },
        "differences": {
            f"hybrid - {name}": {
                metric: asdict(bounds)
                for metric, bounds in compare(hybrid, answered, metrics, seed=seed).items()
            }
            for name, answered in rankings.items()
            if answered is not hybrid
        },
        "adaptive": asdict(score_cut(measured.adaptive, hybrid, limit=AS_AGENT.limit)),
    }


def describe(
    dataset: Dataset, measured: Measured, *, settings: Settings, seed: int, now: datetime
) -> dict[str, Any]:
    """The result: what was measured, on what, with what, and the figures."""
    return {
        "benchmark": "quality",
        "set": dataset.name,
        "run": asdict(describe_run(seed=seed, now=now)),
        "model": measured.model,
        "data": describe_data(dataset),
        "remembered": dict(measured.outcomes),
        "configuration": {name: getattr(settings, name) for name in _TELLING} | {"depth": DEPTH},
        **figures(dataset, measured, seed=seed),
        "seconds": dict(measured.seconds),
    }


def rankings(measured: Measured) -> dict[str, Any]:
    """Each question's first ten entries by each system, for those who look closer."""
    return {
        name: {one.question.id: one.ranked[:10] for one in answered}
        for name, answered in measured.rankings.items()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the sets asked for; 0 if all could be, 2 if the input cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        for folder in find_sets(options.data, options.set):
            _benchmark(read_set(folder), options)
    except MemoryServiceError as error:
        print(error.detail, file=sys.stderr)
        return 2
    return 0


def _benchmark(dataset: Dataset, options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_folder=Path(folder), model=options.model, allow_download=False)
        engine = create_engine(settings)
        try:
            measured = measure(engine, dataset)
        finally:
            engine.close()
    result = describe(
        dataset, measured, settings=settings, seed=options.seed, now=datetime.now(UTC)
    )
    write_result(options.results / f"{dataset.name}.json", result)
    if options.per_query:
        write_result(options.results / "per_query" / f"{dataset.name}.json", rankings(measured))
    print(json.dumps(result, ensure_ascii=False) if options.json else quality_tables([result]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-quality", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a set, or a folder of sets")
    parser.add_argument("--set", help="the one set to measure; all by default")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    parser.add_argument("--model", default="auto", help="as in the settings")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results go")
    parser.add_argument("--json", action="store_true", help="print the result, not a table")
    parser.add_argument("--per-query", action="store_true", help="also keep every ranking")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
