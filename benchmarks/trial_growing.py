"""A namespace that grows by orders of magnitude while it is read."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.trial_store import Question, Verdict, a_bench, faults_of

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.trial_store import Bench
    from memory_service.backends.local import LocalOptions

#: The entry that every reader asks for, of words that no other entry has.
_MARK = "marker"
_MARKED = "quokkas wander beneath the viaduct"
_READERS = 2
_QUESTIONS = 10
#: Between two runs of the backend's upkeep: far more often than a daemon has it.
_UPKEEP_SECONDS = 0.2
#: What an approximate dense leg finds at least.
_FOUND = 0.95


@dataclass(slots=True)
class _Watch:
    """What readers saw meanwhile."""

    milliseconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)


def growing(
    folder: Path,
    *,
    first: int = 10,
    last: int = 200_000,
    checks: int = 5,
    options: LocalOptions | None = None,
) -> Verdict:
    """Grow from *first* to *last* entries, with readers and upkeep going on all the time.

    Readers ask for one entry that was there from the start: it must come first in both legs, every
    time.  At *checks* moments between writes, and after a restart, both legs are compared with the
    exact answer.
    """
    watch = _Watch()
    with a_bench(folder, options) as bench, ThreadPoolExecutor(_READERS + 1) as pool:
        bench.put({_MARK: _MARKED})
        list(bench.grow(first))
        asked = Question(text=_MARKED, vector=bench.vector(_MARKED))
        reading = [pool.submit(_read, bench, asked, watch) for _ in range(_READERS)]
        upkeep = pool.submit(_maintain, bench, watch)
        try:
            faults = _grow(bench, last, checks)
        finally:
            watch.stop.set()
        for each in (*reading, upkeep):
            each.result()
        bench.reopen()
        questions = bench.questions(_QUESTIONS)
        faults += faults_of(bench, questions, when="after a restart", least_found=_FOUND)
    figures = {
        "from": first,
        "to": last,
        "reads": len(watch.milliseconds),
        "read_median_ms": median(watch.milliseconds),
        "read_slowest_ms": max(watch.milliseconds),
    }
    return Verdict(case="growing", figures=figures, faults=(*faults, *watch.faults[:5]))


def _grow(bench: Bench, last: int, checks: int) -> list[str]:
    """Write up to *last* entries; what was wrong at one of the checks."""
    faults: list[str] = []
    due = [round(last * (number + 1) / checks) for number in range(checks)]
    for written in bench.grow(last):
        if written >= due[0]:
            due.pop(0)
            when = f"at {written} entries"
            faults += faults_of(bench, bench.questions(_QUESTIONS), when=when, least_found=_FOUND)
    return faults


def _read(bench: Bench, asked: Question, watch: _Watch) -> None:
    while not watch.stop.is_set():
        start = time.perf_counter()
        with bench.reading() as reader:
            legs = (reader.lexical(asked.text, 10), reader.dense(asked.vector, 10))
            first = [reader.ids(leg.ordinals)[:1] for leg in legs]
        watch.milliseconds.append(1_000 * (time.perf_counter() - start))
        if first != [[_MARK], [_MARK]]:
            watch.faults.append(f"read {len(watch.milliseconds)} did not find the marked entry")


def _maintain(bench: Bench, watch: _Watch) -> None:
    while not watch.stop.wait(_UPKEEP_SECONDS):
        bench.backend.maintain()
