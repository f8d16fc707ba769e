"""Backups under load, and kills in the middle of a restore and of a rewriting.

Each trial has a function that gives its counts; `python -m benchmarks.durability_backup` runs all
of them and prints a line for each.  A trial is passed when its `faults` are empty.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.backup_kills import COMPACT_STAGES, RESTORE_STAGES, compact_kill, restore_kill
from benchmarks.backup_load import backups_under_load

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHORT, _LONG = 5, 50
_KILLS_LONG = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How often something was tried, and what went wrong."""

    trial: str
    tried: int
    faults: tuple[str, ...]
    figures: Mapping[str, float] = field(default_factory=dict)


def restored_backups(folder: Path, *, backups: int, entries: int = 0) -> Counted:
    """Back a daemon up so often while it is written to; restore each, compare with what was said.

    A restored store is at its manifest's position with the chain the daemon has there, and holds
    exactly what was acknowledged up to that position.
    """
    found = backups_under_load(folder, backups=backups, entries=entries)
    figures = {name: value for name, value in asdict(found).items() if name != "faults"}
    return Counted(trial="backups under load", tried=backups, faults=found.faults, figures=figures)


def killed_restores(folder: Path, *, each: int) -> Counted:
    """Kill a restore after each of its stages; the folder holds one state or the other, whole."""
    faults: list[str] = []
    for stage in RESTORE_STAGES:
        for number in range(each):
            faults += restore_kill(folder / f"{stage}-{number}", stage)
            shutil.rmtree(folder / f"{stage}-{number}")
    return Counted(
        trial="kills in a restore", tried=each * len(RESTORE_STAGES), faults=tuple(faults)
    )


def killed_compactions(folder: Path, *, each: int) -> Counted:
    """Kill a rewriting after each of its stages, while others write; nothing is lost."""
    faults: list[str] = []
    for stage in COMPACT_STAGES:
        for number in range(each):
            faults += compact_kill(folder / f"{stage}-{number}", stage)
            shutil.rmtree(folder / f"{stage}-{number}")
    return Counted(
        trial="kills in a rewriting", tried=each * len(COMPACT_STAGES), faults=tuple(faults)
    )


def main() -> int:
    """Run the trials; the exit code is 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="as many trials as a night has time")
    parser.add_argument("--entries", type=int, default=0, help="that are there before the load")
    given = parser.parse_args()
    long = given.long
    failed = False
    with tempfile.TemporaryDirectory() as name:
        for counted in (
            restored_backups(
                _new(name, "load"), backups=_LONG if long else _SHORT, entries=given.entries
            ),
            killed_restores(_new(name, "restore"), each=_KILLS_LONG if long else 1),
            killed_compactions(_new(name, "compact"), each=_KILLS_LONG if long else 1),
        ):
            failed |= bool(counted.faults)
            print(json.dumps(asdict(counted)), flush=True)
    return int(failed)


def _new(parent: str, name: str) -> Path:
    folder = Path(parent) / name
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main())
