"""The parts of `benchmarks.vector`: what is timed, under which filter, beside what."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.footprint import memory_of
from benchmarks.percentiles import percentiles
from benchmarks.progress import progress
from benchmarks.vector_engines import MAIN, Ours
from benchmarks.vector_truth import recall
from memory_service.index.vectors.limits import GROWING_LIMIT
from memory_service.model.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.vector_engines import Engine
    from benchmarks.vector_truth import Best, Flags
    from memory_service.model.read import Ordinals
    from memory_service.protocols import Vector, Vectors

    Search = Callable[[Vector], object]

#: How many a recall asks for, and how many of them are compared with the truth.
DEPTH, COMPARED = 100, 10
#: Candidates and background that a recall scores.
_SCORED, _SAMPLED = 300, 256
#: Queries that one search answers before the next one's turn.
_STRETCH = 20
_SMALL, _SMALL_ENTRIES = 2, 1_000
_TINY, _TINY_ENTRIES = 1_000, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """Vectors to be searched, and what to search them with."""

    blocks: Callable[[], Iterable[Vectors]]
    count: int
    dimensions: int
    queries: Vectors


def feed(ours: Ours, peers: Mapping[str, Engine], fed: Fed) -> dict[str, float]:
    """Let every engine take all vectors in; seconds of each, on one core."""
    engines: dict[str, Engine] = {"ours": ours, **peers}
    seconds = dict.fromkeys(engines, 0.0)
    with progress(f"{fed.count:,} vectors", fed.count * len(engines)) as advance:
        for vectors in fed.blocks():
            for name, engine in engines.items():
                seconds[name] += seconds_of(partial(engine.add, vectors))
                advance(len(vectors))
    for name, engine in engines.items():
        seconds[name] += seconds_of(engine.finish)
    return seconds


def filters_of(count: int, seed: int) -> dict[str, Flags]:
    """Half, a tenth, a hundredth, a thousandth at random; and the last tenth written."""
    chance = np.random.default_rng([seed, 3])
    flags = {f"{100 * kept:g} %": chance.random(count) < kept for kept in (0.5, 0.1, 0.01, 0.001)}
    return {**flags, "the last 10 %": np.arange(count) >= 0.9 * count}


def times(searches: Mapping[str, Search], queries: Vectors) -> dict[str, Any]:
    """Milliseconds of each, a stretch of queries in turn; the processor's own median beside it."""
    walls: dict[str, list[float]] = {name: [] for name in searches}
    cores: dict[str, list[float]] = {name: [] for name in searches}
    for search in searches.values():
        for query in queries[:_STRETCH]:
            search(query)
    for start in range(0, len(queries), _STRETCH):
        for name, search in searches.items():
            for query in queries[start : start + _STRETCH]:
                wall, core = time.perf_counter(), time.thread_time()
                search(query)
                cores[name].append(1_000 * (time.thread_time() - core))
                walls[name].append(1_000 * (time.perf_counter() - wall))
    return {
        name: {**asdict(percentiles(walls[name])), "core": float(np.median(cores[name]))}
        for name in searches
    }


def found_by(ours: Ours, passing: Flags) -> Callable[[Vector], Ordinals]:
    """A search under a filter, as the service makes one."""
    allowed, index = Selection(known=np.arange(len(passing)), passing=passing), ours.index()
    return lambda query: index.search(query, DEPTH, allowed=allowed).ordinals


def filtered(
    ours: Ours, fed: Fed, flags: Mapping[str, Flags], best: Mapping[str, Best]
) -> dict[str, Any]:
    """Times and recall_at_10 under each filter."""
    searches = {name: found_by(ours, passing) for name, passing in flags.items()}
    taken = times(searches, fed.queries)
    return {
        name: taken[name] | {"recall": recall(search, fed.queries, best[name], COMPARED)}
        for name, search in searches.items()
    }


def scored(ours: Ours, fed: Fed) -> dict[str, Any]:
    """Times of scoring a recall's candidates and its background."""
    chance, index = np.random.default_rng(0), ours.index()
    chosen, sample = (
        np.sort(chance.choice(fed.count, min(count, fed.count), replace=False))
        for count in (_SCORED, _SAMPLED)
    )
    return times(
        {
            "candidates": lambda query: index.score(query, chosen),
            "background": lambda query: index.score(query, sample),
        },
        fed.queries,
    )


def restarted(folder: Path, queries: Vectors, numbers: Sequence[int] = (MAIN,)) -> dict[str, Any]:
    """What another process pays to take the saved indexes up, and to search these namespaces."""
    given = {"dimensions": queries.shape[1], "numbers": list(numbers)}
    np.save(folder.parent / "queries.npy", queries)
    command = [sys.executable, "-m", "benchmarks.vector_restart", str(folder), json.dumps(given)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(answer.stdout))


def grown(ours: Ours, fed: Fed) -> dict[str, Any]:
    """Times with as many unsealed vectors as there may be, and seconds to seal those."""
    more = next(iter(fed.blocks()))[:GROWING_LIMIT]
    ours.add(np.roll(more, 1, axis=1))
    taken = times({"growing": lambda query: ours.search(query, DEPTH)}, fed.queries)
    ours.add(np.roll(more[:64], 2, axis=1))
    return {**taken["growing"], "seal_seconds": seconds_of(ours.finish)}


def forgotten(ours: Ours, fed: Fed, gone: Flags, best: Best) -> dict[str, Any]:
    """The same once nine of ten are forgotten, before and after upkeep."""
    index = ours.index()
    figures: dict[str, Any] = {"seconds": seconds_of(partial(index.remove, np.flatnonzero(gone)))}
    for name in ("before", "after"):
        search = partial(_search_below, ours, fed.count)
        figures[name] = times({name: search}, fed.queries)[name]
        figures[name]["recall"] = recall(search, fed.queries, best, COMPARED)
        ours.finish()
    return figures


def _search_below(ours: Ours, count: int, query: Vector) -> Ordinals:
    found = ours.search(query, 2 * DEPTH)
    return found[found < count]


def small_among(folder: Path, fed: Fed) -> dict[str, Any]:
    """A namespace of a thousand, alone and with its vectors spread among all others."""
    alone, among = Ours(folder / "alone", fed.dimensions), Ours(folder / "among", fed.dimensions)
    each = max(1, _SMALL_ENTRIES * len(next(iter(fed.blocks()))) // fed.count)
    put = 0
    for vectors in fed.blocks():
        mine = vectors[: min(each, _SMALL_ENTRIES - put)]
        for engine in (alone, among):
            engine.add(mine, _SMALL)
        among.add(vectors[len(mine) :])
        put += len(mine)
    taken = times(
        {
            "alone": lambda query: alone.index(_SMALL).search(query, DEPTH),
            "among": lambda query: among.index(_SMALL).search(query, DEPTH),
        },
        fed.queries,
    )
    alone.indexes.close()
    among.indexes.close()
    return taken


def tiny(folder: Path, count: int, fed: Fed) -> dict[str, Any]:
    """So many namespaces of twenty, each searched in turn after a restart."""
    ours = Ours(folder, fed.dimensions)
    vectors = next(iter(fed.blocks()))
    for number in range(_TINY, _TINY + count):
        chosen = np.arange(number, number + _TINY_ENTRIES) % len(vectors)
        ours.add(vectors[chosen], number)
    ours.save()
    ours.indexes.close()
    numbers = range(_TINY, _TINY + count)
    measured = restarted(folder, fed.queries, numbers)
    return {"namespaces": count, "entries": _TINY_ENTRIES, **measured}


def seconds_of(do: Callable[[], object]) -> float:
    """How long that takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def anonymous() -> int:
    """Bytes that this process has for itself."""
    return memory_of(os.getpid()).anonymous
