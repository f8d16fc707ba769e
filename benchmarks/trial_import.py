"""An import with recalls going on: none may wait long, and every one must be right."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.batches import batches
from benchmarks.corpus import Corpus
from benchmarks.daemon import running_daemon
from benchmarks.http_calls import connected
from benchmarks.loads import Answered, Post
from benchmarks.scale_texts import ScaleTexts
from benchmarks.site import recall_path
from benchmarks.trial_store import SPACE, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from benchmarks.daemon import Daemon
    from benchmarks.http_calls import HttpCaller

#: How much slower than the median a recall may be, and for how long.
FACTOR, SECONDS = 3.0, 1.0
_MARK = "marker"
_MARKED = "quokkas wander beneath the viaduct"
#: Lines in one call of the import route.
_LINES = 4_096
_PAUSE_SECONDS = 0.02
_NDJSON = "application/x-ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Recalls without a break that were all slower than they may be."""

    seconds: float
    recalls: int


def longest_slow_stretch(answered: Sequence[Answered], *, factor: float = FACTOR) -> Stretch:
    """The longest time in which no recall was within *factor* times the median of all.

    From when the first slow one was asked to when the last slow one was answered.  All zeros when
    none was slow.

    Raises:
        StatisticsError: If there was no recall.
    """
    most = factor * median(one.milliseconds for one in answered)
    longest, begun, count = Stretch(seconds=0.0, recalls=0), 0.0, 0
    for one in sorted(answered, key=lambda one: one.due):
        if one.milliseconds <= most:
            count = 0
            continue
        begun = one.due if count == 0 else begun
        count += 1
        if one.done - begun > longest.seconds:
            longest = Stretch(seconds=one.done - begun, recalls=count)
    return longest


def importing(folder: Path, *, entries: int, model: str) -> Verdict:
    """Import so many entries while one caller asks again and again for one that was there before.

    Every recall must give that entry first.  No recall may be slower than three times the median
    for longer than a second.
    """
    with running_daemon(folder, model=model) as daemon, ThreadPoolExecutor(1) as pool:
        with daemon.connect() as client:
            client.remember(_MARKED, namespace=SPACE, id=_MARK)
        start = time.perf_counter()
        under_way = pool.submit(_import, daemon, entries)
        answered = _ask_meanwhile(daemon, under_way)
        under_way.result()
        seconds = time.perf_counter() - start
        with daemon.connect() as client:
            stored = client.status().entries
    slow, waits = longest_slow_stretch(answered), [one.milliseconds for one in answered]
    figures = {
        "entries": entries,
        "entries_per_second": entries / seconds,
        "recalls": len(answered),
        "recall_median_ms": median(waits),
        "recall_slowest_ms": max(waits),
        "slow_stretch_seconds": slow.seconds,
    }
    faults = _faults(answered, slow, missing=entries + 1 - stored)
    return Verdict(case="importing", figures=figures, faults=faults)


def _faults(answered: Sequence[Answered], slow: Stretch, *, missing: int) -> tuple[str, ...]:
    wrong = sum(_first(one.body) != _MARK for one in answered)
    faults = []
    if wrong:
        faults.append(f"{wrong} of {len(answered)} recalls did not give the marked entry first")
    if slow.seconds > SECONDS and slow.recalls > 1:
        faults.append(f"{slow.recalls} recalls were slow for {slow.seconds:.1f} s without a break")
    if slow.seconds > SECONDS and slow.recalls == 1:
        faults.append(f"a recall took {slow.seconds:.1f} s")
    if missing:
        faults.append(f"{missing} imported entries are missing")
    return tuple(faults)


def _ask_meanwhile(daemon: Daemon, under_way: Future[None]) -> list[Answered]:
    """Ask until the import is done; each question is new, so that the model runs."""
    answered: list[Answered] = []
    with connected(daemon.nearest, key=daemon.key) as caller:
        while not under_way.done():
            answered.append(_ask(caller, len(answered)))
            time.sleep(_PAUSE_SECONDS)
    return answered


def _ask(caller: HttpCaller, number: int) -> Answered:
    query = f"do {_MARKED} {number}"
    body = json.dumps({"query": query, "on_none": "best", "limit": 5}).encode()
    post = Post(path=recall_path(SPACE), body=body)
    due = time.perf_counter()
    answer = caller.post(post.path, post.body)
    return Answered(number=number, due=due, done=time.perf_counter(), body=answer)


def _import(daemon: Daemon, entries: int) -> None:
    texts = ScaleTexts(corpus=Corpus(seed=1))
    path = f"/v1/namespaces/{SPACE}/entries:import"
    with connected(daemon.nearest, key=daemon.key, content=_NDJSON) as caller:
        for numbers in batches(range(entries), _LINES):
            some = enumerate(texts.entries(numbers[0], numbers[-1] + 1), numbers[0])
            lines = [json.dumps({"id": f"e{number}", "text": text}) for number, text in some]
            caller.post(path, "\n".join(lines).encode())


def _first(answer: bytes) -> str:
    hits = json.loads(answer)["hits"]
    return str(hits[0]["entry"]["id"]) if hits else ""
