"""Trials of reading: very long queries, very many namespaces, very few entries left."""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.footprint import memory_of, on_disk
from benchmarks.trial_store import SPACE, Question, Verdict, a_bench, faults_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.trial_store import Bench
    from memory_service.backends.local import LocalOptions

_QUESTIONS = 20
#: What an approximate dense leg finds at least.
_FOUND = 0.95
#: Files that may be opened beyond those at the start, however many namespaces are read.
_FILES = 64


def long_queries(
    folder: Path, *, entries: int, words: int = 500, options: LocalOptions | None = None
) -> Verdict:
    """Queries of *words* words: of many entries, all unknown, one word again and again."""
    with a_bench(folder, options) as bench:
        list(bench.grow(entries))
        short, long = bench.questions(_QUESTIONS), _long(bench, words)
        faults = faults_of(bench, [*short, *long], when="a long query")
        usual, unusual = _milliseconds(bench, short), _milliseconds(bench, long)
    figures = {
        "entries": entries,
        "words": words,
        "short_median_ms": median(usual),
        "long_median_ms": median(unusual),
        "long_slowest_ms": max(unusual),
    }
    return Verdict(case="long_queries", figures=figures, faults=tuple(faults))


def many_namespaces(
    folder: Path, *, namespaces: int, options: LocalOptions | None = None
) -> Verdict:
    """Namespaces of two entries each: written, closed, and opened in turn."""
    with a_bench(folder, options) as bench:
        for number in range(namespaces):
            bench.put(_pair(number), namespace=f"{SPACE}-{number}")
        bench.backend.maintain()
        bench.reopen()
        files, held = _open_files(), _anonymous()
        start = time.perf_counter()
        wrong = [number for number in range(namespaces) if not _finds_its_own(bench, number)]
        seconds = time.perf_counter() - start
        opened, grown = _open_files() - files, _anonymous() - held
    faults = [f"namespace {number} answers otherwise" for number in wrong[:5]]
    if opened > _FILES:
        faults.append(f"{opened} files stayed open")
    figures = {
        "namespaces": namespaces,
        "ms_per_namespace": 1_000 * seconds / namespaces,
        "anonymous_bytes_per_namespace": grown / namespaces,
        "files_opened": opened,
        "disk_bytes_per_namespace": sum(on_disk(folder).values()) / namespaces,
    }
    return Verdict(case="many_namespaces", figures=figures, faults=tuple(faults))


def forgetting(
    folder: Path, *, entries: int, share: float = 0.9, options: LocalOptions | None = None
) -> Verdict:
    """Most of a namespace forgotten: asked at once, after upkeep, and after a restart."""
    with a_bench(folder, options) as bench:
        list(bench.grow(entries))
        bench.backend.maintain()
        questions = bench.questions(_QUESTIONS)
        before, disk = _milliseconds(bench, questions), sum(on_disk(folder).values())
        bench.forget([f"e{number}" for number in range(entries) if number % 100 < 100 * share])
        faults = faults_of(bench, questions, when="forgotten", least_found=_FOUND)
        bench.backend.maintain()
        faults += faults_of(bench, questions, when="after upkeep", least_found=_FOUND)
        after = _milliseconds(bench, questions)
        bench.reopen()
        bench.backend.maintain()
        faults += faults_of(bench, questions, when="after a restart", least_found=_FOUND)
        left = len(bench)
    figures = {
        "entries": entries,
        "left": left,
        "median_ms_before": median(before),
        "median_ms_after": median(after),
        "disk_bytes_before": disk,
        "disk_bytes_after": sum(on_disk(folder).values()),
    }
    return Verdict(case="forgetting", figures=figures, faults=tuple(faults))


def _long(bench: Bench, words: int) -> list[Question]:
    """Queries of so many words each."""
    drawn = [asked.text.split() for asked in bench.questions(words)]
    every = [word for some in drawn for word in some]
    unknown = [f"unheard{number}" for number in range(words)]
    texts = [
        " ".join(every[:words]),
        " ".join((every[: words // 2] + unknown)[:words]),
        " ".join(unknown),
        " ".join([every[0]] * words),
        " ".join((every[:7] * words)[:words]),
    ]
    return [Question(text=text, vector=bench.vector(text)) for text in texts]


def _milliseconds(bench: Bench, questions: Sequence[Question]) -> list[float]:
    """How long both legs take for each."""
    timed = []
    with bench.reading() as reader:
        for asked in questions:
            start = time.perf_counter()
            reader.lexical(asked.text, 100)
            reader.dense(asked.vector, 100)
            timed.append(1_000 * (time.perf_counter() - start))
    return timed


def _pair(number: int) -> dict[str, str]:
    return {"own": f"the harbour of place{number}", "other": f"the bakery of place{number}"}


def _finds_its_own(bench: Bench, number: int) -> bool:
    """Whether both legs give this namespace's entry first, and it reads as it was written."""
    text = _pair(number)["own"]
    with bench.reading(f"{SPACE}-{number}") as reader:
        legs = (reader.lexical(text, 10), reader.dense(bench.vector(text), 10))
        first = [reader.ids(leg.ordinals)[:1] for leg in legs]
        read = reader.fetch(legs[0].ordinals[:1])[0]
        known = {id for leg in legs for id in reader.ids(leg.ordinals)}
    return (
        first == [["own"], ["own"]]
        and known <= {"own", "other"}
        and read is not None
        and read.entry.draft.text == text
    )


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _anonymous() -> int:
    return memory_of(os.getpid()).anonymous
