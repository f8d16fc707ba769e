"""The bad cases at full length: `make bench-trials`.

    long_queries      500 words, known, unknown, and one again and again
    growing           a namespace from 10 to 200,000 entries, read all the while
    many_namespaces   ten thousand tiny ones, opened in turn
    forgetting        90 % of a namespace forgotten
    full_disk         no room in the middle of merges, snapshots and checkpoints
    full_file_system  the same in a file system of its own, where one may be mounted
    importing         an import of 100,000 entries with recalls going on

Each compares what the backend answers with an oracle that scores every entry anew.  None may end
the process, wait without end, or change an answer.  `make test-faults` runs them in short.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_client.errors import MemoryClientError
from benchmarks.results import RESULTS, describe_run, write_result
from benchmarks.trial_full_disk import full_disk, full_file_system
from benchmarks.trial_growing import growing
from benchmarks.trial_import import importing
from benchmarks.trial_reads import forgetting, long_queries, many_namespaces
from benchmarks.trial_tables import trial_line, trial_tables
from memory_service.errors import MemoryServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.trial_store import Verdict

    Trial = Callable[[Path], Verdict | None]


def trials(*, scale: float, model: str) -> Mapping[str, Trial]:
    """Every case by name, at *scale* times its full length."""

    def size(full: int) -> int:
        return max(20, round(scale * full))

    return {
        "long_queries": partial(long_queries, entries=size(100_000)),
        "growing": partial(growing, last=size(200_000)),
        "many_namespaces": partial(many_namespaces, namespaces=size(10_000)),
        "forgetting": partial(forgetting, entries=size(100_000)),
        "full_disk": partial(full_disk, entries=size(50_000)),
        "full_file_system": partial(full_file_system, entries=size(50_000)),
        "importing": partial(importing, entries=size(100_000), model=model),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases asked for; 0 if all hold, 1 if one does not, 2 if one could not be run."""
    options = _parser().parse_args(arguments)
    rows: dict[str, Any] = {}
    try:
        for name, row in _run(options):
            rows[name] = row
            print(trial_line(name, row), file=sys.stderr, flush=True)
    except (MemoryServiceError, MemoryClientError) as error:
        print(error, file=sys.stderr)
        return 2
    result = {
        "benchmark": "trials",
        "run": asdict(describe_run(seed=0, now=datetime.now(UTC))),
        "scale": options.scale,
        "model": options.model,
        "cases": rows,
    }
    write_result(options.results / "bad-cases.json", result)
    print(json.dumps(result) if options.json else trial_tables([result]))
    return 0 if all(row["holds"] for row in rows.values()) else 1


def _run(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, trial in trials(scale=options.scale, model=options.model).items():
        if name not in options.cases:
            continue
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            verdict = trial(Path(folder))
        seconds = time.perf_counter() - start
        if verdict is None:
            print(f"{name}: not here", file=sys.stderr)
            continue
        yield name, {**asdict(verdict), "holds": verdict.holds, "seconds": seconds}


def _parser() -> argparse.ArgumentParser:
    names = list(trials(scale=1.0, model="hashing"))
    parser = argparse.ArgumentParser(
        prog="bench-trials", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--cases", type=lambda text: text.split(","), default=names, help="some, by commas")
    add("--scale", type=float, default=1.0, help="of the full length, e.g. 0.1")
    add("--model", default="auto", help="of the daemon that imports; as in the settings")
    add("--results", type=Path, default=RESULTS, help="where the result goes")
    add("--json", action="store_true", help="print the result, not a table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
