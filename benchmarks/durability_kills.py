"""Kill -9 at random instants, in the middle of the drain, and at every failpoint."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from signal import SIGKILL, SIGTERM
from typing import TYPE_CHECKING

from benchmarks.daemon import running_daemon
from benchmarks.durability_ledger import Ledger
from benchmarks.durability_trial import Finding, Trial, seeded
from benchmarks.durability_writing import (
    Answers,
    answers,
    check,
    fill_steady,
    killed_after,
    settle,
    write_until,
)
from memory_service.failpoints import Failpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

    from benchmarks.daemon import Daemon
    from benchmarks.durability_trial import Task

#: Small limits, so that checkpoints and merges are due all the time.
SETTINGS = {"maintenance_seconds": "1", "reserve_megabytes": "1"}
_LONGEST_LIFE = 0.9
_DRAIN = 0.4
#: A failpoint of the commit lies so many commits ahead at most.
_COMMITS_AHEAD = 20
_COMMIT_POINTS = (
    Failpoint.BEFORE_COMMIT,
    Failpoint.AFTER_COMMIT,
    Failpoint.AFTER_DERIVED,
    Failpoint.BEFORE_ANSWER,
)


@dataclass(slots=True)
class Life:
    """A store, what is known of it, and what was found wrong."""

    folder: Path
    chance: Random
    ledger: Ledger = field(default_factory=Ledger)
    before: Answers = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Make the store, with what no trial changes."""
        self.folder.mkdir(exist_ok=True)
        with running_daemon(self.folder, model="hashing") as daemon, daemon.connect() as client:
            fill_steady(client)
            self.before = answers(client)

    def look(self, daemon: Daemon, when: str, *, settled: bool = True) -> None:
        """Compare what a daemon holds after a restart, and settle what is not yet *settled*."""
        with daemon.connect() as client:
            found = check(client, self.ledger, self.before, self.chance)
            self.faults += [f"{when}: {fault}" for fault in found]
            if settled:
                settle(client, self.ledger)

    def end(self) -> None:
        """A last look, and another one where everything derived was built anew."""
        for when in ("at the end", "all derived files built anew"):
            with running_daemon(self.folder, model="hashing") as daemon:
                self.look(daemon, when)
            shutil.rmtree(self.folder / "index")

    def finding(self, **counts: int) -> Finding:
        """What came of it."""
        kept = ("acknowledged", "lost", "doubled", "strange", "torn", "different", "not found")
        told = {name: self.ledger.counts[name] for name in (*kept, "sent again", "refused")}
        return Finding(counts={**counts, **told}, faults=tuple(self.faults))


def kills(task: Task) -> Finding:
    """Kill it again and again, and compare after every restart."""
    life = Life(folder=task.folder / "data", chance=seeded(task.seed))
    life.begin()
    fired = 0
    for cycle, failpoint in enumerate(_failpoints(task.cycles, life.chance)):
        fired += _cycle(life, cycle, failpoint, task.seed)
        task.advance(1)
    life.end()
    return life.finding(cycles=task.cycles, at_failpoints=fired)


def _failpoints(cycles: int, chance: Random) -> Iterator[str]:
    """Every failpoint once, then one in every other cycle."""
    points = list(Failpoint)
    for cycle in range(cycles):
        if cycle >= len(points) and cycle % 2:
            yield ""
            continue
        point = points[cycle] if cycle < len(points) else chance.choice(points)
        ahead = chance.randrange(2, _COMMITS_AHEAD) if point in _COMMIT_POINTS else 1
        yield f"{point}:crash:{ahead}"


def _cycle(life: Life, cycle: int, failpoint: str, seed: int) -> int:
    """One life of the daemon; whether it was ended by its failpoint."""
    settings = SETTINGS | ({"failpoint": failpoint} if failpoint else {})
    with running_daemon(life.folder, model="hashing", settings=settings) as daemon:
        life.look(daemon, f"cycle {cycle}", settled=not failpoint)
        return _live(daemon, life, cycle, seed, by_failpoint=bool(failpoint))


def _live(daemon: Daemon, life: Life, cycle: int, seed: int, *, by_failpoint: bool) -> int:
    chance = life.chance
    drained = by_failpoint or chance.random() < 1 / 3
    end = time.monotonic() + chance.uniform(0.05, _LONGEST_LIFE) + 0.3 * by_failpoint
    timer = None if drained else killed_after(daemon, end - time.monotonic())
    write_until(
        daemon, life.ledger, cycle=cycle, seed=seed, over=lambda: drained and time.monotonic() > end
    )
    if timer:
        timer.join()
        return 0
    daemon.process.send_signal(SIGTERM)
    if by_failpoint:
        return daemon.process.wait() == -SIGKILL
    time.sleep(chance.uniform(0, _DRAIN))
    daemon.kill()
    return 0


KILLS = Trial(
    name="kills",
    about="kill -9 at random instants and at every failpoint, four writers",
    short=20,
    long=300,
    run=kills,
)
