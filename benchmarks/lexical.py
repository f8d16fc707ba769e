"""The lexical leg by itself, beside FTS5, tantivy and bm25s: `make bench-lexical`.

All engines index the same words and answer the same queries in this process, each for a stretch
of queries in its turn, so that they meet the machine in the same state and their ratios hold on
another one.  What is timed is the search alone: from the words of a query to the best 100 entries
with their scores.  A sample of the answers, filtered ones among them, is compared with brute
force over the words.

Texts are made from a seed (`benchmarks.corpus`).  A heavy query also names a word that 40 % of the
entries hold, every second one another that 15 % hold.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from benchmarks.corpus import Corpus
from benchmarks.footprint import memory_of
from benchmarks.lexical_engines import DEPTH, Bm25s, Everything, Fts5, Ours, Tantivy
from benchmarks.lexical_oracle import Oracle
from benchmarks.lexical_tables import lexical_tables
from benchmarks.musts import Must
from benchmarks.percentiles import percentiles
from benchmarks.progress import progress
from benchmarks.results import RESULTS, describe_run, write_result
from memory_service.model.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.lexical_engines import Engine

    Queries = Mapping[str, list[list[int]]]
    Flags = npt.NDArray[np.bool_]

#: Queries that one engine answers before the next one's turn.
_STRETCH = 20
_KEPT = (0.5, 0.1, 0.01, 0.001)
_PEERS: Mapping[str, Callable[[Path, Corpus], Engine]] = {
    "FTS5": Fts5,
    "tantivy": Tantivy,
    "bm25s (static)": Bm25s,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What is measured, and what it is measured with."""

    corpus: Corpus
    entries: int
    queries: Queries
    ours: Ours
    engines: Mapping[str, Engine]

    def words(self, query: Sequence[int]) -> list[str]:
        """A query as words."""
        return [self.corpus.vocabulary[word] for word in query]


def benchmark(entries: int, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Build every engine with so many entries, and measure."""
    corpus = Corpus(seed=options.seed)
    queries = {
        kind: corpus.queries(options.queries, entries=entries, heavy=kind == "heavy")
        for kind in ("normal", "heavy")
    }
    ours = Ours(folder / "ours", corpus)
    chosen = {name: make(folder, corpus) for name, make in _PEERS.items() if name in options.peers}
    bench = Bench(
        corpus=corpus,
        entries=entries,
        queries=queries,
        ours=ours,
        engines={"ours": ours, **chosen},
    )
    built = _build(bench)
    took, anonymous = _take_up(bench)
    times = {kind: _times(bench, kind) for kind in queries}
    filters = _filters(bench, options.seed)
    filtered = {label: one for label, (one, _) in filters.items()}
    return {
        "benchmark": "lexical",
        "set": f"corpus of {entries}",
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "versions": {name: version(name) for name in ("tantivy", "bm25s", "numba")},
        "data": {"entries": entries, "queries": options.queries, "depth": DEPTH},
        "seconds": {"build": built, "take_up": took},
        "bytes_per_entry": {"disk": _on_disk(ours) / entries, "anonymous": anonymous / entries},
        "milliseconds": times,
        "filters": filtered,
        "exact": _exact(bench, {label: flags for label, (_, flags) in filters.items()}),
        "musts": [must.as_json() for must in _musts(entries, times, filtered)],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each size; 0 if all holds that must, 1 if not."""
    options = _parser().parse_args(arguments)
    results = []
    for entries in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            results.append(benchmark(entries, options, Path(folder)))
        write_result(options.results / f"lexical-{entries}.json", results[-1])
    print(json.dumps(results) if options.json else lexical_tables(results))
    exact = all(one["exact"]["agreed"] == one["exact"]["compared"] for one in results)
    return 0 if exact and all(must["holds"] for one in results for must in one["musts"]) else 1


def _build(bench: Bench) -> dict[str, float]:
    """Seconds that each engine takes to take all blocks in."""
    seconds = dict.fromkeys(bench.engines, 0.0)
    with progress(f"{bench.entries:,} entries", bench.entries * len(bench.engines)) as advance:
        for name, engine in bench.engines.items():
            for block in bench.corpus.blocks(bench.entries):
                seconds[name] += _seconds(partial(engine.add, block))
                advance(len(block))
            seconds[name] += _seconds(engine.finish)
    return seconds


def _take_up(bench: Bench) -> tuple[float, int]:
    """Seconds to take our files up, and the anonymous memory the index needs to answer."""
    before = memory_of(os.getpid()).anonymous
    took = _seconds(bench.ours.take_up)
    for query in bench.queries["heavy"]:
        bench.ours.search(bench.words(query))
    return took, max(memory_of(os.getpid()).anonymous - before, 0)


def _times(bench: Bench, kind: str) -> dict[str, Any]:
    """Milliseconds of each engine; it answers a stretch of queries, then the next one does."""
    queries = [bench.words(query) for query in bench.queries[kind]]
    for engine in bench.engines.values():
        for words in queries[:_STRETCH]:
            engine.search(words)
    taken: dict[str, list[float]] = {name: [] for name in bench.engines}
    with progress(f"{kind} queries", len(queries) * len(taken)) as advance:
        for stretch in _stretches(queries):
            for name, engine in bench.engines.items():
                taken[name] += _milliseconds(engine.search, stretch)
                advance(len(stretch))
    return {name: asdict(percentiles(values)) for name, values in taken.items()}


def _filters(bench: Bench, seed: int) -> dict[str, tuple[dict[str, Any], Flags]]:
    """For each filter the times by kind of query, in turns; and what it lets through."""
    rng = np.random.default_rng([seed, 3])
    flags = {"everything": np.ones(bench.entries, np.bool_)}
    flags |= {f"{100 * kept:g} %": rng.random(bench.entries) < kept for kept in _KEPT}
    known = np.arange(1, bench.entries + 1)
    sights = {
        label: Everything(allowed=Selection(known=known, passing=passing))
        for label, passing in flags.items()
    }
    sights["everything"] = Everything()
    taken: dict[str, dict[str, list[float]]] = {
        label: {kind: [] for kind in bench.queries} for label in sights
    }
    for kind, queries in bench.queries.items():
        for stretch in _stretches([bench.words(query) for query in queries]):
            for label, sight in sights.items():
                taken[label][kind] += _milliseconds(partial(bench.ours.best, sight), stretch)
    return {
        label: (
            {kind: asdict(percentiles(values)) for kind, values in kinds.items()},
            flags[label],
        )
        for label, kinds in taken.items()
    }


def _exact(bench: Bench, flags: Mapping[str, Flags]) -> dict[str, int]:
    """In how many of the first queries, under each filter, ours agrees with brute force."""
    asked = [query for queries in bench.queries.values() for query in queries[:_STRETCH]]
    words = (word for query in asked for word in query)
    oracle = Oracle.of(bench.corpus.blocks(bench.entries), words)
    known = np.arange(1, bench.entries + 1)
    agreed = 0
    for passing in flags.values():
        whole = bool(passing.all())
        allowed = None if whole else Selection(known=known, passing=passing)
        sight = Everything(allowed=allowed)
        for query in asked:
            found = bench.ours.best(sight, bench.words(query))
            agreed += oracle.agrees(found, query, None if whole else passing)
    return {"compared": len(asked) * len(flags), "agreed": agreed}


def _musts(entries: int, times: Mapping[str, Any], filters: Mapping[str, Any]) -> Iterator[Must]:
    """What is demanded; the times hold for a million entries, which fewer must not exceed."""
    for kind, limit in (("normal", 2.0), ("heavy", 6.0)):
        ours = times[kind]["ours"]["median"]
        yield Must(what=f"{kind} queries, median", limit=limit, measured=ours, unit="ms")
        if "FTS5" in times[kind] and entries >= 1_000_000:
            ratio = times[kind]["FTS5"]["median"] / ours
            yield Must(what=f"{kind} queries, times FTS5", limit=20, measured=ratio, at_least=True)
        if "tantivy" in times[kind] and entries >= 1_000_000:
            ratio = ours / times[kind]["tantivy"]["median"]
            yield Must(what=f"{kind} queries, against tantivy", limit=2.5, measured=ratio)
        for label, kinds in filters.items():
            if label != "everything" and entries >= 1_000_000:
                ratio = kinds[kind]["median"] / filters["everything"][kind]["median"]
                what = f"{kind} queries, a filter keeps {label}, against none"
                yield Must(what=what, limit=2, measured=ratio)


def _stretches(queries: Sequence[list[str]]) -> Iterator[list[list[str]]]:
    rest = iter(queries)
    while stretch := list(islice(rest, _STRETCH)):
        yield stretch


def _milliseconds(
    search: Callable[[Sequence[str]], object], queries: Sequence[list[str]]
) -> list[float]:
    return [1_000 * _seconds(partial(search, words)) for words in queries]


def _seconds(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def _on_disk(ours: Ours) -> int:
    return sum(file.stat().st_size for file in ours.folder.iterdir())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-lexical", description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="entries"
    )
    parser.add_argument("--queries", type=int, default=200, help="queries of each kind")
    parser.add_argument("--peers", nargs="*", choices=list(_PEERS), default=list(_PEERS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results go")
    parser.add_argument("--json", action="store_true", help="print the results, not tables")
    return parser


if __name__ == "__main__":
    sys.exit(main())
