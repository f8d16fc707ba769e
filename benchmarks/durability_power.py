"""Power cuts, simulated: what was not synced is gone, bytes and names alike."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.daemon import running_daemon
from benchmarks.durability_kills import SETTINGS, Life
from benchmarks.durability_preload import NO_COMPILER, compiled
from benchmarks.durability_trial import Finding, Trial, seeded
from benchmarks.durability_writing import killed_after, write_until

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.durability_trial import Task

_LONGEST_LIFE = 0.8


def power_cuts(task: Task) -> Finding:
    """Cut the power again and again, and go on with what the disk has then."""
    library = compiled("power_cut", task.folder)
    if library is None:
        return Finding(skipped=NO_COMPILER)
    life = Life(folder=task.folder / "data", chance=seeded(task.seed))
    life.begin()
    for cycle in range(task.cycles):
        _cycle(life, library, task, cycle)
        task.advance(1)
    life.end()
    return life.finding(cycles=task.cycles)


def _cycle(life: Life, library: Path, task: Task, cycle: int) -> None:
    kept = task.folder / "kept"
    for folder in ("content", "names"):
        (kept / folder).mkdir(parents=True)
    environment = {
        "LD_PRELOAD": str(library),
        "POWER_CUT_ROOT": str(life.folder),
        "POWER_CUT_KEPT": str(kept),
    }
    with running_daemon(
        life.folder, model="hashing", settings=SETTINGS, environment=environment
    ) as daemon:
        life.look(daemon, f"cut {cycle}")
        timer = killed_after(daemon, life.chance.uniform(0.05, _LONGEST_LIFE))
        write_until(daemon, life.ledger, cycle=cycle, seed=task.seed, over=lambda: False)
        timer.join()
    shutil.rmtree(life.folder)
    restored(kept, life.folder)
    shutil.rmtree(kept)


def restored(kept: Path, folder: Path) -> Path:
    """Make *folder* what the disk holds after the cut, as `preload/power_cut.c` kept it."""
    folder.mkdir(mode=0o700)
    _restore(kept, (kept / "root").read_text(), folder)
    return folder


def _restore(kept: Path, key: str, folder: Path) -> None:
    """Make *folder* what the disk held; a name whose bytes were never synced is empty."""
    names = kept / "names" / key
    for line in names.read_text().splitlines() if names.exists() else ():
        kind, below, name = line.split(" ", 2)
        if kind == "d":
            (folder / name).mkdir(mode=0o700)
            _restore(kept, below, folder / name)
            continue
        content = kept / "content" / below
        (folder / name).write_bytes(content.read_bytes() if content.exists() else b"")
        (folder / name).chmod(0o600)


POWER_CUTS = Trial(
    name="power cuts",
    about="simulated power cut: bytes and names that were not synced are dropped",
    short=10,
    long=200,
    run=power_cuts,
)
