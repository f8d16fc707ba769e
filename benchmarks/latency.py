"""How fast a recall is over HTTP: `make bench-latency DATA=folder`.

A real daemon in its own process, the set imported, then different questions one after the other
through the client, on one connection.  No question comes twice, so every recall runs the model.
After each recall the same text goes through the same model in this process, which is the least a
recall could take; in turn, so that both meet the machine in the same state.  What remains is the
service's own time: HTTP, both legs, fusion, answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_client.errors import MemoryClientError
from benchmarks.bare_model import forward_milliseconds, load_model
from benchmarks.daemon import running_daemon
from benchmarks.datasets import Dataset, find_sets, pick_questions, read_set
from benchmarks.percentiles import percentiles
from benchmarks.progress import progress
from benchmarks.results import RESULTS, describe_data, describe_run, write_result
from benchmarks.sending import send_all
from benchmarks.tables import latency_tables
from memory_service.errors import MemoryServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent_client import MemoryClient
    from benchmarks.datasets import Question
    from memory_service.protocols import Embedder

#: Recalls before the clock counts: connections open, caches and the allocator warm.
_WARM_UP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One recall, in milliseconds.

    What the caller waited, what the daemon says the model took of it, and what the model takes
    alone for the same text.
    """

    wall: float
    embed: float
    forward: float


def in_one_namespace(dataset: Dataset) -> Dataset:
    """The set with all its entries and questions in one namespace, `all`."""
    return replace(
        dataset,
        name=f"{dataset.name}-in-one-namespace",
        entries=tuple(replace(placed, namespace="all") for placed in dataset.entries),
        questions=tuple(replace(asked, namespace="all") for asked in dataset.questions),
    )


def time_recalls(
    client: MemoryClient, embedder: Embedder, questions: Sequence[Question]
) -> list[Timed]:
    """Ask one after the other, each time with a bare forward pass behind it."""
    with progress("recall", len(questions)) as advance:
        timed = []
        for question in questions:
            timed.append(_time_recall(client, embedder, question))
            advance(1)
    return timed


def figures(timed: Sequence[Timed]) -> dict[str, Any]:
    """Percentiles of each part, and what lies beyond the forward pass.

    `beyond_forward_median` is the difference of two medians: of the recalls, and of the forward
    passes in this process.  The row `beyond its embed stage` compares each recall with its own.
    """
    forward = [one.forward for one in timed]
    rows = {
        "recall over HTTP": [one.wall for one in timed],
        "its embed stage, in the daemon": [one.embed for one in timed],
        "beyond its embed stage": [one.wall - one.embed for one in timed],
        "forward pass alone, in the benchmark": forward,
    }
    measured = {name: percentiles(values) for name, values in rows.items()}
    alone = measured["forward pass alone, in the benchmark"].median
    return {
        "milliseconds": {name: asdict(row) for name, row in measured.items()},
        "beyond_forward_median": measured["recall over HTTP"].median - alone,
    }


def benchmark(dataset: Dataset, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Start a daemon over *folder*, import the set, and measure."""
    picked = pick_questions(dataset, options.questions + _WARM_UP, seed=options.seed)
    questions, warm_up = picked[: options.questions], picked[options.questions :]
    with running_daemon(folder, model=options.model) as daemon, daemon.connect() as client:
        with progress(f"{dataset.name}: import", len(dataset.entries)) as advance:
            send_all(client, dataset, advance)
        model = client.status().model
        embedder = load_model(options.model, folder, expect=model)
        time_recalls(client, embedder, warm_up)
        timed = time_recalls(client, embedder, questions)
    return {
        "benchmark": "latency",
        "set": dataset.name,
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "model": {"identity": asdict(embedder.identity)},
        "data": describe_data(dataset),
        "recalls": len(timed),
        **figures(timed),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one set; 0 if it could be, 2 if not."""
    options = _parser().parse_args(arguments)
    try:
        dataset = read_set(find_sets(options.data, options.set)[0])
        dataset = in_one_namespace(dataset) if options.one_namespace else dataset
        with tempfile.TemporaryDirectory() as folder:
            result = benchmark(dataset, options, Path(folder))
    except (MemoryServiceError, MemoryClientError) as error:
        print(error, file=sys.stderr)
        return 2
    write_result(options.results / f"latency-{dataset.name}.json", result)
    print(json.dumps(result, ensure_ascii=False) if options.json else latency_tables([result]))
    return 0


def _time_recall(client: MemoryClient, embedder: Embedder, question: Question) -> Timed:
    start = time.perf_counter()
    answer = client.recall(question.text, namespace=question.namespace, timings=True)
    wall = 1_000 * (time.perf_counter() - start)
    forward = forward_milliseconds(embedder, [question.text])[0]
    return Timed(wall=wall, embed=answer.timings_ms["embed"], forward=forward)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-latency", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a set, or a folder of sets")
    parser.add_argument("--set", help="the set to measure, of several")
    parser.add_argument("--questions", type=int, default=500, help="how many recalls are timed")
    parser.add_argument(
        "--one-namespace", action="store_true", help="put the whole set into one namespace"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the choice of questions")
    parser.add_argument("--model", default="auto", help="as in the settings")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the result goes")
    parser.add_argument("--json", action="store_true", help="print the result, not a table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
