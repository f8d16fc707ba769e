"""Whether the product knows what it does not know: `make bench-evidence DATA=folder`.

Runs the product itself.  Each set is remembered, asked what it can answer, and asked the same
questions in ways in which it cannot (see `unanswerable.py`); the figures are on the probability
and the level of `evidence` in the answers.  Questions of the other sets in the folder are the
foreign ones.  Without --report nothing is looked at but what is for tuning.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.asking_evidence import Measured, measure
from benchmarks.compiled_models import machines_folder
from benchmarks.datasets import find_sets
from benchmarks.evidence_tables import evidence_tables
from benchmarks.parts import Parted, is_for_tuning, read_parts
from benchmarks.results import RESULTS, describe_data, describe_run, write_result
from benchmarks.tilted import tilt
from benchmarks.vectors import VectorShelf
from memory_service.app import create_engine
from memory_service.embedding.precision import CHOICES
from memory_service.errors import InvalidInputError, MemoryServiceError
from memory_service.evaluation.intervals import interval
from memory_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from memory_service.protocols import Embedder

#: Settings that can move a figure.
_TELLING = ("language", "bm25_k1", "bm25_b", "depth", "exact_limit")


def measure_model(
    parted: Parted,
    others: Sequence[Parted],
    settings: Settings,
    *,
    seed: int,
    ranking: bool,
    wrap: Callable[[Embedder], Embedder],
) -> Measured:
    """Everything about one set with one model, over an empty data folder; as `measure` does."""
    engine = create_engine(settings, wrap=wrap)
    try:
        return measure(engine, parted, others, seed=seed, ranking=ranking)
    finally:
        engine.close()


def describe(
    parted: Parted, plain: Measured, tilted: Measured | None, *, settings: Settings, seed: int
) -> dict[str, Any]:
    """The result: what was measured, on what, with what, and the figures."""
    return {
        "benchmark": "evidence",
        "set": parted.dataset.name,
        "run": asdict(describe_run(seed=seed, now=datetime.now(UTC))),
        "data": describe_data(parted.dataset),
        "configuration": {name: getattr(settings, name) for name in _TELLING},
        **_figures(plain),
        "tilted": tilted and _figures(tilted) | {"ndcg_10": _beside(plain, tilted, seed=seed)},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the sets asked for; 0 if all could be, 2 if the input cannot be used."""
    options = _parser().parse_args(arguments)
    shelf = VectorShelf(options.vectors)
    try:
        read = _read(options.data, report=options.report)
        chosen = [one for one in read if options.set in (None, one.dataset.name)]
        if not chosen:
            raise InvalidInputError(f"no set called {options.set} is to be read; see --report")
        for parted in chosen:
            _benchmark(parted, [one for one in read if one is not parted], shelf, options)
            shelf.save()
    except MemoryServiceError as error:
        print(error.detail, file=sys.stderr)
        return 2
    return 0


def _read(folder: Path, *, report: bool) -> list[Parted]:
    found = [path for path in find_sets(folder) if report or is_for_tuning(path.name)]
    if not found:
        raise InvalidInputError(
            "the data folder holds no set for tuning; --report reads those for reporting as well"
        )
    return [read_parts(path, report=report) for path in found]


def _benchmark(
    parted: Parted, others: Sequence[Parted], shelf: VectorShelf, options: argparse.Namespace
) -> None:
    measured = partial(measure_model, parted, others, seed=options.seed, ranking=options.tilted)
    with _empty_store(options.model, options.precision) as settings:
        plain, tilted = measured(settings, wrap=shelf.wrap), None
    if options.tilted:
        with _empty_store(options.model, options.precision) as store:
            tilted = measured(store, wrap=lambda model: tilt(shelf.wrap(model)))
    result = describe(parted, plain, tilted, settings=settings, seed=options.seed)
    write_result(options.results / f"evidence-{parted.dataset.name}.json", result)
    print(json.dumps(result, ensure_ascii=False) if options.json else evidence_tables([result]))


@contextmanager
def _empty_store(model: str, precision: str) -> Iterator[Settings]:
    """The default settings over a folder that is gone afterwards; nothing is downloaded."""
    with tempfile.TemporaryDirectory() as folder:
        yield Settings(
            data_folder=Path(folder),
            model=model,
            allow_download=False,
            precision=precision,
            compiled_folder=machines_folder(),
        )


def _figures(measured: Measured) -> dict[str, Any]:
    return {
        "model": measured.model,
        "calibration": measured.calibration,
        "remembered": dict(measured.outcomes),
        "parts": {name: asdict(figures) for name, figures in measured.parts.items()},
    }


def _beside(plain: Measured, tilted: Measured, *, seed: int) -> Mapping[str, Any]:
    """nDCG@10 of both models on the same questions, and the paired difference, by part."""
    figures = {}
    for name, before in plain.ndcg.items():
        after = tilted.ndcg[name]
        gains = [late - early for early, late in zip(before, after, strict=True)]
        columns = {"plain": before, "tilted": after, "tilted - plain": gains}
        figures[name] = {
            label: asdict(interval(values, seed=seed)) for label, values in columns.items()
        }
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-evidence", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a set, or a folder of sets")
    parser.add_argument("--set", help="the one set to measure; all by default")
    parser.add_argument("--report", action="store_true", help="also read what nothing is tuned on")
    parser.add_argument("--tilted", action="store_true", help="also with a model of high cosines")
    parser.add_argument("--seed", type=int, default=0, help="of draws and of the bootstrap")
    parser.add_argument("--model", default="auto", help="as in the settings")
    parser.add_argument("--precision", choices=CHOICES, default="auto", help="as in the settings")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results go")
    parser.add_argument("--vectors", type=Path, help="keep the model's vectors in this folder")
    parser.add_argument("--json", action="store_true", help="print the result, not a table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
