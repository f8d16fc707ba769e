"""The vector leg by itself, beside plain FAISS: `make bench-vector`.

What is timed is the search alone, on one core: from a query's vector to the best 100 entries with
their exact scores, as a recall asks for them.  Engines answer a stretch of queries in turn, so
that they meet the machine in the same state.  recall_at_10 compares the first ten with those of a
look at all vectors, at the 16 bits they are kept in.

Vectors are made from a seed, with clusters (`benchmarks.seeded_vectors`); `--vectors` adds those of
real texts, kept by `--vectors` of the benchmarks of quality.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.musts import Must
from benchmarks.results import RESULTS, describe_run, write_result
from benchmarks.seeded_vectors import BLOCK, SeededVectors
from benchmarks.vector_engines import Ours, Plain
from benchmarks.vector_parts import (
    COMPARED,
    DEPTH,
    Fed,
    anonymous,
    feed,
    filtered,
    filters_of,
    forgotten,
    grown,
    restarted,
    scored,
    seconds_of,
    small_among,
    times,
    tiny,
)
from benchmarks.vector_tables import vector_tables
from benchmarks.vector_truth import best_of, recall
from memory_service.index.vectors.limits import IndexLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.vector_engines import Engine
    from benchmarks.vector_truth import Best
    from memory_service.protocols import Vectors

_MILLION, _TEN_THOUSAND = 1_000_000, 10_000
_PEERS: Mapping[str, Callable[[int], Engine]] = {
    "FAISS flat": Plain.flat,
    "FAISS HNSW16": Plain.graph,
    "FAISS HNSW16, 16 bits": Plain.graph_of_halves,
}


def benchmark(fed: Fed, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Build every engine over these vectors, and measure."""
    peers = {
        name: make(fed.dimensions) for name, make in _PEERS.items() if fed.count <= options.peers
    }
    before = anonymous()
    ours = Ours(folder / "ours", fed.dimensions)
    built = feed(ours, peers, fed)
    held = anonymous() - before
    saved = seconds_of(ours.save)
    flags = filters_of(fed.count, options.seed)
    gone = np.random.default_rng([options.seed, 4]).random(fed.count) < 0.9
    best = best_of(
        fed.blocks(),
        fed.queries,
        DEPTH,
        {**flags, "all": np.ones(fed.count, np.bool_), "left": ~gone},
    )
    engines: dict[str, Engine] = {"ours": ours, **peers}
    searches = {name: partial(_search, engine) for name, engine in engines.items()}
    taken = times(searches, fed.queries)
    for name, search in searches.items():
        taken[name]["recall"] = recall(search, fed.queries, best["all"], COMPARED)
    result = {
        "data": {"entries": fed.count, "dimensions": fed.dimensions, "depth": DEPTH},
        "seconds": {"build": built, "save": saved},
        "bytes": {"anonymous_built": 0 if peers else held},
        "milliseconds": taken,
        "recall_at_depth": recall(searches["ours"], fed.queries, best["all"], DEPTH),
        "filters": filtered(ours, fed, flags, best),
        "scoring": scored(ours, fed),
        "restart": restarted(folder / "ours", fed.queries),
        "small": small_among(folder, fed),
        "growing": grown(ours, fed),
        "forgotten": forgotten(ours, fed, gone, best["left"]),
    }
    ours.indexes.close()
    return result


def real(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """How many of the best are found among vectors of texts, by codes in one list and in many."""
    [file] = sorted(folder.glob("vectors-*.npz"))[:1]
    with np.load(file, allow_pickle=False) as kept:
        vectors: Vectors = kept["vectors"]
    order = np.random.default_rng(options.seed).permutation(len(vectors))
    queries, rest = vectors[order[: options.queries]], vectors[order[options.queries :]]
    blocks = [rest[start : start + BLOCK] for start in range(0, len(rest), BLOCK)]
    best = best_of(blocks, queries, DEPTH, {"all": np.ones(len(rest), np.bool_)})["all"]
    limits = {
        "one list": IndexLimits(flat=len(rest)),
        "lists": IndexLimits(flat=0),
    }
    return {
        "entries": len(rest),
        "dimensions": rest.shape[1],
        "kinds": {name: _found(blocks, queries, best, limit) for name, limit in limits.items()},
    }


def _found(
    blocks: Sequence[Vectors], queries: Vectors, best: Best, limits: IndexLimits
) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(Path(folder), blocks[0].shape[1], limits)
        for vectors in blocks:
            ours.add(vectors)
        ours.finish()
        search = partial(_search, ours)
        found = {
            "recall": recall(search, queries, best, COMPARED),
            "recall_at_depth": recall(search, queries, best, DEPTH),
            **times({"ours": search}, queries)["ours"],
        }
        ours.indexes.close()
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each size; 0 if all holds that must, 1 if not."""
    options = _parser().parse_args(arguments)
    results = [_result(entries, options) for entries in options.sizes]
    print(json.dumps(results) if options.json else vector_tables(results))
    return 0 if all(must["holds"] for one in results for must in one["musts"]) else 1


def _result(entries: int, options: argparse.Namespace) -> dict[str, Any]:
    seeded = SeededVectors(dimensions=options.dimensions, seed=options.seed)
    fed = Fed(
        blocks=lambda: seeded.blocks(entries),
        count=entries,
        dimensions=options.dimensions,
        queries=seeded.queries(options.queries),
    )
    result: dict[str, Any] = {
        "benchmark": "vector",
        "set": f"seeded vectors, {entries} of {options.dimensions}",
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
    }
    with tempfile.TemporaryDirectory() as folder:
        result |= benchmark(fed, options, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        if options.namespaces:
            result["tiny"] = tiny(Path(folder) / "tiny", options.namespaces, fed)
    if options.vectors:
        result["real"] = real(options.vectors, options)
    result["musts"] = [must.as_json() for must in _musts(result)]
    write_result(options.results / f"vector-{entries}-{options.dimensions}.json", result)
    return result


def _search(engine: Engine, query: Vectors) -> Any:  # noqa: ANN401  numbers, of whichever engine
    return engine.search(query, DEPTH)


def _musts(result: Mapping[str, Any]) -> Iterator[Must]:
    """What is demanded: of 100,000 and of a million vectors of 768 dimensions."""
    entries, ours = result["data"]["entries"], result["milliseconds"]["ours"]
    large = entries >= _MILLION
    yield Must(
        what="a search, median", limit=4 if large else 2.5, measured=ours["median"], unit="ms"
    )
    least = 0.98 if large else 0.99
    yield Must(what="recall_at_10", limit=least, measured=ours["recall"], at_least=True)
    for name, under in result["filters"].items() if large else ():
        what = f"a filter keeps {name}"
        yield Must(
            what=f"{what}: recall_at_10", limit=0.98, measured=under["recall"], at_least=True
        )
        yield Must(
            what=f"{what}: median against none", limit=2, measured=under["median"] / ours["median"]
        )
    small = result["small"]
    ratio = small["among"]["median"] / small["alone"]["median"]
    yield Must(what="1,000 among all others, against alone", limit=1.2, measured=ratio)
    if large:
        restart = result["restart"]
        ready = restart["seconds"]["take_up"] + restart["seconds"]["load"]
        yield Must(what="taken up again", limit=1, measured=ready, unit="s")
        each = restart["bytes"]["anonymous"] / entries
        yield Must(what="anonymous memory per entry", limit=250, measured=each, unit="bytes")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-vector", description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[6_000, 100_000], help="entries of one namespace"
    )
    parser.add_argument("--dimensions", type=int, default=768, help="length of every vector")
    parser.add_argument("--queries", type=int, default=300, help="how many searches are timed")
    parser.add_argument(
        "--peers", type=int, default=100_000, help="up to how many entries FAISS is measured beside"
    )
    parser.add_argument(
        "--namespaces", type=int, default=_TEN_THOUSAND, help="how many tiny ones are opened"
    )
    parser.add_argument("--vectors", type=Path, help="a folder of kept vectors of real texts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results go")
    parser.add_argument("--json", action="store_true", help="print the results, not tables")
    return parser


if __name__ == "__main__":
    sys.exit(main())
