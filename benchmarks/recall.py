"""How fast a recall is through HTTP, beyond the model's forward pass: `make bench-recall`.

A real daemon in its own process over a filled store.  Its model runs every forward pass, but a
seeded vector is what comes out (see `seeded_embedder`), so that a store is filled in minutes; the
time of each query's own forward pass is noted by the daemon and taken off.  Percentiles of the
open loop count from the moment a question was due.

Parts: `loads` (one caller, then callers who come when they come), `bare` (against FastAPI, FAISS
and bm25s alone), `batch`, `clients`, `filters`, `found` (how much of the exact answer the dense
leg finds under those filters), `writes` (last, for it changes the store).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_client.errors import MemoryClientError
from benchmarks.filling import Shape, filled
from benchmarks.http_calls import answers, connected
from benchmarks.musts import must_lines
from benchmarks.recall_found import found_under_filters
from benchmarks.recall_musts import recall_musts
from benchmarks.recall_parts import (
    FILTERS,
    against_bare,
    beside_writes,
    filters,
    in_batches,
    loads,
    with_many_clients,
)
from benchmarks.recall_tables import recall_tables
from benchmarks.results import RESULTS, describe_run, write_result
from benchmarks.scale_texts import ScaleTexts, scale_texts
from benchmarks.site import DEFAULT_MODEL, opened, questions_to
from memory_service.errors import MemoryServiceError, NotReadyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.filling import Filled
    from benchmarks.site import Site

PARTS = ("loads", "bare", "batch", "clients", "filters", "found", "writes")
#: Building the bare application's graph takes minutes at 100,000 entries, and hours at a million.
_BARE_SECONDS = 1_800.0
_POLL_SECONDS = 0.1


def benchmark(shape: Shape, texts: ScaleTexts, options: argparse.Namespace) -> dict[str, Any]:
    """Fill or take up the store, and measure the parts asked for."""
    with filled(shape, texts, keep=options.keep) as store:
        measured: dict[str, Any] = {}
        if "found" in options.only:
            measured["found"] = found_under_filters(
                store, texts, FILTERS, questions=options.found_questions
            )
        questions = questions_to(shape, texts, seed=options.seed)
        with opened(store, questions, model=options.model) as site:
            for name, part in _parts(site, store, options).items():
                if name in options.only:
                    measured[name] = part()
            with site.daemon.connect() as client:
                model = client.status().model
    return {
        "benchmark": "recall",
        "set": f"seeded-{shape.entries}",
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "model": {"identity": {"name": model.name, "forward_pass_of": options.model}},
        "shape": asdict(shape),
        "texts_given": len(texts.leading),
        **measured,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every size; 0 if all musts hold, 1 if one does not, 2 if it could not be measured."""
    options = _parser().parse_args(arguments)
    holds = True
    try:
        texts = scale_texts(seed=options.seed, data=options.data)
        for size in options.sizes:
            result = _measured(size, texts, options)
            holds = holds and all(one["holds"] for one in result["musts"])
            print(json.dumps(result) if options.json else _printed(result))
    except (MemoryServiceError, MemoryClientError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if holds else 1


def _measured(size: int, texts: ScaleTexts, options: argparse.Namespace) -> dict[str, Any]:
    shape = Shape(entries=size, namespaces=1, dimensions=options.dimensions, seed=options.seed)
    result = benchmark(shape, texts, options)
    result["musts"] = [must.as_json() for must in recall_musts(result)]
    write_result(options.results / f"recall-{size}.json", result)
    return result


def _printed(result: Mapping[str, Any]) -> str:
    return f"{recall_tables([result])}\n\n{must_lines(recall_musts(result))}"


def _parts(
    site: Site, store: Filled, options: argparse.Namespace
) -> dict[str, Callable[[], dict[str, Any]]]:
    """What is measured at the daemon, in order."""
    pace = {"rate": options.rate, "seconds": options.seconds, "seed": options.seed}
    asked = {"questions": options.questions}
    return {
        "loads": partial(loads, site, **pace, **asked),
        "bare": partial(_bare, site, store, options),
        "batch": partial(in_batches, site),
        "clients": partial(with_many_clients, site, **asked),
        "filters": partial(filters, site, **asked),
        "writes": partial(beside_writes, site, **pace),
    }


def _bare(site: Site, store: Filled, options: argparse.Namespace) -> dict[str, Any]:
    if store.shape.entries > options.bare_most:
        return {}
    with _bare_app(store, options) as url:
        return against_bare(site, lambda: connected(url), questions=options.questions)


@contextmanager
def _bare_app(store: Filled, options: argparse.Namespace) -> Iterator[str]:
    """The bare application over the same entries, in a process of its own."""
    shape, socket = store.shape, store.folder / "bare.sock"
    command = [sys.executable, "-m", "benchmarks.bare_app", "--socket", str(socket)]
    command += ["--entries", str(shape.entries), "--dimensions", str(shape.dimensions)]
    command += ["--seed", str(shape.seed)]
    command += ["--data", str(options.data)] if options.data else []
    url, until = f"unix:{socket}", time.monotonic() + _BARE_SECONDS
    with subprocess.Popen(command) as process:
        try:
            while not answers(url, "/readyz"):
                if process.poll() is not None or time.monotonic() > until:
                    raise NotReadyError("the bare application did not start; see what it printed")
                time.sleep(_POLL_SECONDS)
            yield url
        finally:
            process.terminate()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench-recall", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--sizes", type=_numbers, default=[6_000, 100_000], help="entries, e.g. 6000,1000000")
    add("--dimensions", type=int, default=768, help="of the vectors")
    add("--only", type=_names, default=PARTS, help="some of the parts, by commas")
    add("--questions", type=int, default=300, help="of a closed loop")
    add("--rate", type=float, default=20.0, help="recalls a second in the open loop")
    add("--seconds", type=float, default=60.0, help="how long an open loop runs")
    add("--found-questions", type=int, default=50, help="of the part `found`")
    add("--bare-most", type=int, default=100_000, help="entries the bare application may have")
    add("--model", default=DEFAULT_MODEL, help="whose forward pass is run: a name or a folder")
    add("--data", type=Path, help="a set, or a folder of sets, whose texts come first")
    add("--keep", type=Path, help="a folder in which filled stores are kept and found again")
    add("--seed", type=int, default=0, help="of texts, vectors, questions and arrivals")
    add("--results", type=Path, default=RESULTS, help="where the results go")
    add("--json", action="store_true", help="print the results, not tables")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(PARTS):
        raise argparse.ArgumentTypeError(f"{unknown} is none of {', '.join(PARTS)}")
    return names


if __name__ == "__main__":
    raise SystemExit(main())
