"""Recalls beside a checkpoint, and the log that a start has to read: `make bench-checkpoints`.

    python -m benchmarks.checkpoints --entries 100000 --written 20000

A backend is filled, and then written to without a checkpoint, so that its log is long.  A copy of
the store as it lies there is opened, as it would be after a crash.  Then the checkpoint is made
while a recall's reads go on (both legs and ten entries), and each is timed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.corpus import Corpus
from benchmarks.percentiles import percentiles
from benchmarks.progress import progress
from benchmarks.results import RESULTS, describe_run, write_result
from benchmarks.scale_texts import ScaleTexts
from benchmarks.seeded_embedder import TextVectors, seeded_identity
from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.failpoints import Failpoint
from memory_service.model.entry import EntryDraft, Span, contextual_key
from memory_service.model.write import Passage, Put, WriteRequest
from memory_service.store.connection import Database, DatabaseOptions
from memory_service.store.hooks import Hooks

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPACE, _BATCH, _DEPTH, _READ = "bench", 256, 100, 10
_QUIET_SECONDS = 3.0
_QUESTIONS = 64
#: No recall may wait longer for a checkpoint, in milliseconds.
_MOST_MS = 50.0
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Timings:
    """When reads began and how long they took, and when the checkpoint began and ended."""

    reads: list[tuple[float, float]] = field(default_factory=list)
    passed: dict[Failpoint, float] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def reach(self, point: Failpoint) -> None:
        """Note when it was passed last."""
        self.passed[point] = time.perf_counter()

    def during(self) -> list[float]:
        """Milliseconds of the reads that the checkpoint met."""
        begin, end = (
            self.passed[one] for one in (Failpoint.BEFORE_CHECKPOINT, Failpoint.AFTER_CHECKPOINT)
        )
        return [1e3 * took for at, took in self.reads if at < end and at + took > begin]

    def before(self) -> list[float]:
        """Milliseconds of the reads before it."""
        begin = self.passed[Failpoint.BEFORE_CHECKPOINT]
        return [1e3 * took for at, took in self.reads if at + took < begin]


class Store:
    """A backend with seeded texts and vectors."""

    def __init__(self, folder: Path, *, dimensions: int, seed: int, timings: Timings) -> None:
        self.folder = folder
        self._texts = ScaleTexts(corpus=Corpus(seed=seed))
        self._vectors = TextVectors(dimensions=dimensions, seed=seed)
        # The log is to be as long as is asked for.
        options = LocalOptions(checkpoint_threshold="1TB")
        self.backend = LocalBackend.open(
            folder, options=options, clock=lambda: _NOW, hooks=Hooks(reach=timings.reach)
        )
        self.backend.bind(seeded_identity(dimensions=dimensions, seed=seed))

    def write(self, start: int, stop: int) -> None:
        """Put the entries of these numbers."""
        with progress("write", stop - start) as advance:
            for first in range(start, stop, _BATCH):
                last = min(first + _BATCH, stop)
                texts = self._texts.entries(first, last)
                puts = [self._put(f"e{n}", text) for n, text in enumerate(texts, first)]
                request = WriteRequest(namespace=_SPACE, operations=tuple(puts), now=_NOW)
                self.backend.apply(request)
                advance(last - first)

    def _put(self, id: str, text: str) -> Put:
        key = contextual_key(EntryDraft(id=id, text=text))
        vector = self._vectors.of([key.text])[0]
        span = Span(start=0, stop=len(key.body))
        draft = EntryDraft(id=id, text=text)
        return Put(draft=draft, passages=(Passage(span=span, vector=vector),))

    def read(self, timings: Timings, entries: int, seed: int) -> None:
        """Do a recall's reads, again and again, until it is over."""
        chance = np.random.default_rng(seed)
        texts = [self._texts.question(n, chance) for n in chance.integers(entries, size=_QUESTIONS)]
        vectors = self._vectors.of(texts)
        while not timings.over.is_set():
            number = len(timings.reads) % _QUESTIONS
            began = time.perf_counter()
            with self.backend.reader(_SPACE, filter=None, now=_NOW) as reader:
                reader.lexical(texts[number], _DEPTH)
                reader.fetch(reader.dense(vectors[number], _DEPTH).ordinals[:_READ])
            timings.reads.append((began, time.perf_counter() - began))


def measure(
    folder: Path, *, entries: int, written: int, dimensions: int, seed: int
) -> dict[str, Any]:
    """The figures of one run, in milliseconds, seconds and megabytes."""
    timings = Timings()
    store = Store(folder / "data", dimensions=dimensions, seed=seed, timings=timings)
    store.write(0, entries)
    store.backend.maintain()
    store.write(entries, entries + written)
    log = folder / "data" / "store" / "memory.duckdb.wal"
    megabytes, replay = log.stat().st_size / 1e6, _replay(folder)
    reading = threading.Thread(target=store.read, args=(timings, entries, seed))
    reading.start()
    time.sleep(_QUIET_SECONDS)
    store.backend.maintain()
    timings.over.set()
    reading.join()
    during, passed = timings.during(), dict(timings.passed)
    before = timings.before()
    store.backend.close()
    return {
        "entries": entries,
        "written": written,
        "log_megabytes": megabytes,
        "replay_seconds": replay,
        "checkpoint_seconds": passed[Failpoint.AFTER_CHECKPOINT]
        - passed[Failpoint.BEFORE_CHECKPOINT],
        "reads_before": asdict(percentiles(before)),
        "reads_during": asdict(percentiles(during)),
        "slowest_during": max(during),
        "holds": max(during) <= _MOST_MS,
    }


def _replay(folder: Path) -> float:
    """Seconds until a copy of the store is open, its log read."""
    copy = folder / "copy"
    shutil.copytree(folder / "data" / "store", copy)
    began = time.perf_counter()
    database = Database(copy / "memory.duckdb", staging=copy / "staging", options=DatabaseOptions())
    seconds = time.perf_counter() - began
    database.close()
    shutil.rmtree(copy)
    return seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 if no read took longer than 50 ms while the checkpoint ran."""
    parser = argparse.ArgumentParser(prog="bench-checkpoints", description=__doc__)
    add = parser.add_argument
    add("--entries", type=int, default=100_000, help="before the last checkpoint")
    add("--written", type=int, default=20_000, help="after it: they are in the log")
    add("--dimensions", type=int, default=768, help="of the vectors")
    add("--seed", type=int, default=0, help="of texts and vectors")
    add("--results", type=Path, default=RESULTS, help="where the result goes")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(
            Path(folder),
            entries=options.entries,
            written=options.written,
            dimensions=options.dimensions,
            seed=options.seed,
        )
    run = asdict(describe_run(seed=options.seed, now=datetime.now(UTC)))
    result = {"benchmark": "checkpoints", "run": run, "figures": figures}
    write_result(options.results / "checkpoints.json", result)
    print(json.dumps(figures, indent=1))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
