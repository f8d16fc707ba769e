"""Whether anything is lost, or silently wrong, when things break: `make bench-durability`.

    python -m benchmarks.durability --short
    python -m benchmarks.durability --only kills,flips --seed 7

Each trial breaks one thing again and again: it kills the daemon, cuts the power, damages a file,
lets a sync fail, fills the disk.  An exact dict of what was acknowledged is the oracle.  Passed is
a trial with no acknowledged write lost, none doubled, no silent difference, and no store that
cannot be opened.  `--short` is what `make test-faults` runs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.durability_disk import FULL_DISKS
from benchmarks.durability_flips import FLIPS
from benchmarks.durability_kills import KILLS
from benchmarks.durability_power import POWER_CUTS
from benchmarks.durability_reembed import REEMBEDDING
from benchmarks.durability_syncs import SYNC_ERRORS
from benchmarks.durability_tables import durability_tables
from benchmarks.durability_trial import Task, Trial
from benchmarks.progress import progress
from benchmarks.results import RESULTS, describe_run, write_result
from memory_service.errors import MemoryServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: In the order in which they run; a trial is one line here.
TRIALS: tuple[Trial, ...] = (KILLS, POWER_CUTS, FLIPS, SYNC_ERRORS, FULL_DISKS, REEMBEDDING)
_FILE = "durability.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials asked for; 0 if all hold, 1 if one does not, 2 if one could not be run."""
    options = _parser().parse_args(arguments)
    chosen = [trial for trial in TRIALS if trial.name in options.only]
    try:
        rows = {
            trial.name: run_trial(trial, cycles=_cycles(trial, options), seed=options.seed)
            for trial in chosen
        }
    except MemoryServiceError as error:
        print(error, file=sys.stderr)
        return 2
    result = {
        "benchmark": "durability",
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "trials": rows,
    }
    write_result(options.results / _FILE, result)
    print(json.dumps(result) if options.json else durability_tables([result]))
    return 1 if any(row["faults"] for row in rows.values()) else 0


def run_trial(trial: Trial, *, cycles: int, seed: int) -> dict[str, Any]:
    """One row: what was counted, what broke a promise, how long it took."""
    start = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        progress(trial.name, cycles) as advance,
    ):
        task = Task(folder=Path(folder), cycles=cycles, seed=seed, advance=advance)
        found = trial.run(task)
    seconds = time.perf_counter() - start
    return {"about": trial.about, **asdict(found), "seconds": seconds}


def _cycles(trial: Trial, options: argparse.Namespace) -> int:
    return options.cycles or (trial.short if options.short else trial.long)


def _parser() -> argparse.ArgumentParser:
    names = [trial.name for trial in TRIALS]
    parser = argparse.ArgumentParser(
        prog="bench-durability", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--short", action="store_true", help="as often as the tests do")
    add("--only", type=lambda text: text.split(","), default=names, help="some, by commas")
    add("--cycles", type=int, default=0, help="how often, instead of what each trial says")
    add("--seed", type=int, default=0, help="of all chances")
    add("--results", type=Path, default=RESULTS, help="where the result goes")
    add("--json", action="store_true", help="print the result, not a table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
