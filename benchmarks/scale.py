"""What a store costs and how fast it is by its size: `make bench-scale`.

For each size and number of namespaces: filling, disk, start (clean, and after kill -9 with a tail
of writes; without a model), recall in process and through HTTP, the daemon's memory beyond that
of a daemon with one entry.  With one namespace also: a namespace of a thousand entries beside all
the others against the same alone.  At last, a daemon as it ships over an empty folder, idle.

Entries get their vectors from a seeded generator (see `seeded_embedder`) and are put straight into
the backend in batches of 256.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_client.errors import MemoryClientError
from benchmarks.daemon import running_daemon
from benchmarks.filling import Filled, Shape, filled
from benchmarks.footprint import Memory, memory_of, on_disk
from benchmarks.musts import must_lines
from benchmarks.results import RESULTS, describe_run, write_result
from benchmarks.scale_musts import idle_musts, scale_musts
from benchmarks.scale_parts import (
    Options,
    clean_start,
    in_process,
    memory_of_one,
    over_http,
    small_beside,
    start_after_kill,
)
from benchmarks.scale_tables import scale_tables
from benchmarks.scale_texts import scale_texts
from benchmarks.site import DEFAULT_MODEL
from memory_service.errors import MemoryServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.scale_texts import ScaleTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What every store is compared with: the namespace `small` alone, and nearly nothing."""

    alone: Filled
    empty: Memory


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every store; 0 if all musts hold, 1 if one does not, 2 if one cannot be measured."""
    options = _parser().parse_args(arguments)
    holds = True
    try:
        for name, result in _results(options):
            write_result(options.results / f"{name}.json", result)
            print(json.dumps(result) if options.json else _printed(result))
            holds = holds and all(one["holds"] for one in result["musts"])
    except (MemoryServiceError, MemoryClientError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if holds else 1


def _results(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and results, as they come."""
    texts = scale_texts(seed=options.seed, data=options.data)
    how = Options(
        model=options.model,
        questions=options.questions,
        tail=options.tail,
        memory_limit=options.memory_limit,
        seed=options.seed,
    )
    with ExitStack() as stores:
        one = stores.enter_context(filled(_only_small(options, 1), texts, keep=options.keep))
        alone = stores.enter_context(filled(_only_small(options, 1_000), texts, keep=options.keep))
        beside = Beside(alone=alone, empty=memory_of_one(one, texts, how))
        for shape in _shapes(options):
            with filled(shape, texts, keep=options.keep) as store:
                figures = _measured(store, texts, how, beside)
            figures["musts"] = [must.as_json() for must in scale_musts(figures)]
            yield f"scale-{shape.entries}-in-{shape.namespaces}", figures
    yield "scale-idle", _idle(options)


def _shapes(options: argparse.Namespace) -> Iterator[Shape]:
    for entries in options.sizes:
        for namespaces in options.namespaces:
            if namespaces <= entries:
                yield Shape(
                    entries=entries,
                    namespaces=namespaces,
                    dimensions=options.dimensions,
                    seed=options.seed,
                )


def _only_small(options: argparse.Namespace, entries: int) -> Shape:
    return Shape(
        entries=0,
        namespaces=0,
        dimensions=options.dimensions,
        seed=options.seed,
        small=entries,
    )


def _measured(store: Filled, texts: ScaleTexts, how: Options, beside: Beside) -> dict[str, Any]:
    shape = store.shape
    disk = on_disk(store.folder)
    # First, for a daemon measures its model's floor at its first start and keeps it.
    asked = over_http(store, texts, how)
    figures: dict[str, Any] = {
        **_described(how, shape),
        "texts_given": len(texts.leading),
        "fill": {
            "entries_per_second": shape.all_entries / store.seconds,
            "seconds": store.seconds,
        },
        "disk": disk,
        "disk_bytes_per_entry": sum(disk.values()) / shape.all_entries,
        "start": clean_start(store, texts, how),
        "in_process": in_process(store, texts, how),
        **asked,
    }
    beyond = figures["memory"]["anonymous"] - beside.empty.anonymous
    figures["memory_of_one_entry"] = asdict(beside.empty)
    figures["anonymous_bytes_per_entry"] = beyond / shape.all_entries
    figures["mapped_bytes_per_entry"] = figures["memory"]["mapped"] / shape.all_entries
    if shape.namespaces == 1:
        figures["small"] = small_beside(store, beside.alone, texts, how)
    figures["start_after_kill"] = start_after_kill(store, texts, how)
    return figures


def _described(how: Options, shape: Shape) -> dict[str, Any]:
    return {
        "benchmark": "scale",
        "set": f"seeded-{shape.entries}-in-{shape.namespaces}",
        "run": asdict(describe_run(seed=how.seed, now=datetime.now(UTC))),
        "model": {"identity": {"name": "seeded", "forward_pass_of": how.model}},
        "shape": asdict(shape),
        "memory_limit": how.memory_limit,
    }


def _idle(options: argparse.Namespace) -> dict[str, Any]:
    """The memory of a daemon as it ships, with its model and nothing else."""
    with (
        tempfile.TemporaryDirectory() as name,
        running_daemon(Path(name), model=options.model) as daemon,
        daemon.connect() as client,
    ):
        model = client.status().model
        held = memory_of(daemon.process.pid)
    result: dict[str, Any] = {
        "benchmark": "scale",
        "set": "idle",
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "model": {"identity": {"name": model.name, "dimensions": model.dimensions}},
        "memory": asdict(held),
    }
    result["musts"] = [must.as_json() for must in idle_musts(result)]
    return result


def _printed(result: dict[str, Any]) -> str:
    musts = scale_musts(result) if "shape" in result else idle_musts(result)
    return f"{scale_tables([result])}\n\n{must_lines(musts)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench-scale", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--sizes", type=_numbers, default=[10_000, 100_000, 1_000_000], help="entries, by commas")
    add("--namespaces", type=_numbers, default=[1, 100, 10_000], help="how many, by commas")
    add("--dimensions", type=int, default=768, help="of the vectors")
    add("--questions", type=int, default=200, help="recalls of each kind")
    add("--tail", type=int, default=5_000, help="entries written before the kill")
    add("--memory-limit", default="256MB", help="the database's, as in the settings")
    add("--model", default=DEFAULT_MODEL, help="whose forward pass is run: a name or a folder")
    add("--data", type=Path, help="a set, or a folder of sets, whose texts come first")
    add("--keep", type=Path, help="a folder in which filled stores are kept and found again")
    add("--seed", type=int, default=0, help="of texts, vectors and questions")
    add("--results", type=Path, default=RESULTS, help="where the results go")
    add("--json", action="store_true", help="print the results, not tables")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    raise SystemExit(main())
