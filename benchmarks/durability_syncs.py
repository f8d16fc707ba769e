"""A sync that fails with EIO: nothing is acknowledged after it, and the process ends."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING

from benchmarks.daemon import running_daemon
from benchmarks.durability_kills import SETTINGS, Life
from benchmarks.durability_preload import NO_COMPILER, compiled
from benchmarks.durability_trial import Finding, Trial, seeded
from benchmarks.durability_writing import write_until
from benchmarks.http_calls import answers
from memory_service.api.ending import EXIT_CODE
from memory_service.errors import NotReadyError

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.daemon import Daemon
    from benchmarks.durability_trial import Task

#: What is promised, in seconds.
_UNREADY, _GONE = 0.1, 2.0
_LIFE = 1.0
_LATEST = 25
#: In one of so many cycles the syncs of the start count as well.
_AT_START = 5
#: Of the database's file, its log and their folder; a failure elsewhere harms what is derived.
_STORE = "/store"
#: Which syncs are counted, cycle by cycle: mostly those of the database.
_MATCHES = ("memory.duckdb", "/data/store", "/data")


@dataclass(slots=True)
class Watch:
    """When the last call began that was acknowledged, and the last probe that found it ready."""

    acknowledged: float = 0.0
    ready: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)

    def tell(self, began: float) -> None:
        """Note a call that was acknowledged."""
        self.acknowledged = max(self.acknowledged, began)

    def probe(self, daemon: Daemon) -> None:
        """Ask whether it is ready, again and again, until it is over."""
        while not self.over.wait(0.01):
            asked = time.monotonic()
            if answers(daemon.url, "/readyz"):
                self.ready = asked


def sync_errors(task: Task) -> Finding:
    """Let one sync fail, again and again, and compare after every restart."""
    library = compiled("sync_errors", task.folder)
    if library is None:
        return Finding(skipped=NO_COMPILER)
    life = Life(folder=task.folder / "data", chance=seeded(task.seed))
    life.begin()
    for cycle in range(task.cycles):
        _cycle(life, library, task, cycle)
        task.advance(1)
    life.end()
    counted = {name: life.ledger.counts[name] for name in ("failed syncs", "of the store")}
    return life.finding(cycles=task.cycles, **counted)


def _cycle(life: Life, library: Path, task: Task, cycle: int) -> None:
    log, armed = task.folder / f"failed-{cycle}", task.folder / f"armed-{cycle}"
    environment = {
        "LD_PRELOAD": str(library),
        "SYNC_ERRORS_MATCH": _MATCHES[max(0, cycle % 5 - 2)],
        "SYNC_ERRORS_AT": str(life.chance.randrange(1, _LATEST)),
        "SYNC_ERRORS_ARMED": str(armed),
        "SYNC_ERRORS_LOG": str(log),
    }
    at_start = cycle % _AT_START == 0
    if at_start:
        armed.touch()
    try:
        with running_daemon(
            life.folder, model="hashing", settings=SETTINGS, environment=environment
        ) as daemon:
            if not at_start:
                life.look(daemon, f"cycle {cycle}")
                armed.touch()
            watch, code = _live(daemon, life, task, cycle)
    except NotReadyError:
        # It did not start: whoever started it was told, and nothing was acknowledged.
        life.ledger.counts["failed syncs"] += 1
        return
    if log.exists():
        _judge(life, f"cycle {cycle}", log.read_text(), watch, code)


def _live(daemon: Daemon, life: Life, task: Task, cycle: int) -> tuple[Watch, int]:
    """Write until it is gone; if it stays, drain it.  What was seen, and its exit code."""
    watch, end = Watch(), time.monotonic() + _LIFE
    prober = threading.Thread(target=watch.probe, args=(daemon,))
    prober.start()
    write_until(
        daemon,
        life.ledger,
        cycle=cycle,
        seed=task.seed,
        over=lambda: not daemon.running or time.monotonic() > end,
        told=watch.tell,
    )
    try:
        code = daemon.process.wait(0 if daemon.running else None)
    except TimeoutExpired:
        code = daemon.stop()
    watch.over.set()
    prober.join()
    return watch, code


def _judge(life: Life, when: str, log: str, watch: Watch, code: int) -> None:
    """What was promised of a failed sync: only that of the store ends the process."""
    moment, path = log.split(" ", 1)
    failed, ended = int(moment) / 1e9, time.monotonic()
    life.ledger.counts["failed syncs"] += 1
    if _STORE not in path or "staging" in path:
        return
    life.ledger.counts["of the store"] += 1
    if code != EXIT_CODE:
        life.faults.append(f"{when}: ended with {code} after a failed sync")
    if watch.acknowledged > failed:
        life.faults.append(f"{when}: a write sent after a failed sync was acknowledged")
    if watch.ready > failed + _UNREADY:
        life.faults.append(f"{when}: ready {watch.ready - failed:.2f} s after a failed sync")
    if ended > failed + _GONE:
        life.faults.append(f"{when}: gone {ended - failed:.2f} s after a failed sync")


SYNC_ERRORS = Trial(
    name="sync errors",
    about="EIO at the n-th sync",
    short=10,
    long=100,
    run=sync_errors,
)
