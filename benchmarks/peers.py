"""Ours beside its peers, quality beside speed: `make bench-peers DATA=folder`.

Same entries, same vectors, same questions, one run.  Every system holds the contextual keys with
the model's vectors, gets a question with its vector, and gives its ten best ids; ours reads the
texts too, and the time for that is shown apart.  Each set is measured by itself, or with --mix all
of them in one namespace, with filling up to a size.

A peer that is not installed has its row, which says so; `make bench-peers` installs all.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from agent_client.errors import MemoryClientError
from benchmarks.datasets import read_sets
from benchmarks.musts import must_lines
from benchmarks.peers_asking import DEPTH, SHOWN
from benchmarks.peers_figures import OURS, figures, leads, said
from benchmarks.peers_given import give
from benchmarks.peers_measuring import TURN, measure
from benchmarks.peers_mix import filled, mixed
from benchmarks.peers_ours import remember
from benchmarks.peers_systems import PEERS, Role, System
from benchmarks.peers_tables import peers_tables
from benchmarks.results import RESULTS, describe_data, describe_run, write_result
from benchmarks.splits import Part, only
from benchmarks.vectors import VectorShelf
from memory_service.embedding.places import models_folders
from memory_service.embedding.resolve import ModelChoice, resolve_model
from memory_service.errors import InvalidInputError, MemoryServiceError, ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.datasets import Dataset
    from benchmarks.peers_figures import Said
    from benchmarks.peers_given import Given
    from benchmarks.peers_measuring import Measured
    from benchmarks.peers_ours import Ours
    from memory_service.protocols import EmbedderIdentity

#: Questions that are drawn for a mix, unless a run says otherwise.
_OF_A_MIX = 500
#: Ours as a caller on the same machine meets it.
_HTTP = "ours, through HTTP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A result, and what it says of the demands on ours."""

    result: dict[str, Any]
    demands: Said


def compare(given: Given, folder: Path, options: argparse.Namespace) -> Compared:
    """Measure every system over what is given, each in a place of its own under *folder*."""
    ours = remember(given, folder / "ours", model=options.model)
    measured = measure(
        [*_peers(options.peer), *_ours(ours, given)],
        given.entries,
        given.asked,
        folder,
        own_place=options.apart,
    )
    systems = figures(_with_remembering(measured, ours), given.asked, seed=options.seed)
    ahead = leads(measured, given.asked, seed=options.seed)
    demands = said(systems, ahead, bare_limit=options.mix is not None)
    result = {
        "apart": options.apart,
        "asked": len(given.asked),
        "turn": TURN,
        "shown": SHOWN,
        "depth": DEPTH,
        "systems": systems,
        "leads": ahead,
        "musts": [must.as_json() for must in demands.musts],
        "unsaid": list(demands.unsaid),
    }
    return Compared(result=result, demands=demands)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the sets asked for; 0 if all could be, 2 if the input cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        for dataset in _datasets(options):
            _benchmark(dataset, options)
    except (MemoryServiceError, MemoryClientError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _benchmark(dataset: Dataset, options: argparse.Namespace) -> None:
    given, identity = _given(dataset, options)
    with tempfile.TemporaryDirectory() as folder:
        compared = compare(given, Path(folder), options)
    result = {
        "benchmark": "peers",
        "set": given.dataset.name,
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "model": {"identity": asdict(identity)},
        "data": describe_data(given.dataset),
        **compared.result,
    }
    results = options.results or (None if options.tuning or options.peer else RESULTS)
    if results:
        name = f"peers-{dataset.name}{'-apart' if options.apart else ''}.json"
        write_result(results / name, result)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
        return
    print(peers_tables([result]), end="\n\n")
    print(must_lines(compared.demands.musts))
    for name in compared.demands.unsaid:
        print(f"must be ahead of {name}, not measured")


def _datasets(options: argparse.Namespace) -> list[Dataset]:
    """What is measured: each set with the questions that are asked of it."""
    sets = read_sets(options.data, options.set)
    if options.tuning:
        sets = [asked for one in sets if (asked := only(one, Part.TUNED)).questions]
    if options.mix is not None:
        sets = [replace(mixed(sets), name=f"mix-{options.mix}")]
    return [_thinned(dataset, options) for dataset in sets]


def _thinned(dataset: Dataset, options: argparse.Namespace) -> Dataset:
    """The questions with an answer and without a filter, or some of them.

    Raises:
        InvalidInputError: If there is none.
    """
    found = [one for one in dataset.questions if one.gold and one.user is None]
    found = found[:: options.every]
    most = options.questions or (len(found) if options.mix is None else _OF_A_MIX)
    if most < len(found):
        found = Random(options.seed).sample(found, most)  # noqa: S311 (no secret)
    if not found:
        raise InvalidInputError(f"{dataset.name} has no question with an answer and without a user")
    return replace(dataset, questions=tuple(found))


def _given(dataset: Dataset, options: argparse.Namespace) -> tuple[Given, EmbedderIdentity]:
    """What everybody is given, and whose vectors they are."""
    shelf = VectorShelf(options.vectors)
    choice = ModelChoice(name=options.model, folders=models_folders(Path.cwd()))
    found = resolve_model(choice).embedder
    if found is None:
        raise ModelNotFoundError("there is no model here; name one with --model")
    with closing(shelf.wrap(found)) as embedder:
        given = give(dataset, embedder)
        shelf.save()
        identity = embedder.identity
    if options.mix is not None:
        given = filled(given, options.mix, seed=options.seed)
    return given, identity


def _peers(names: Sequence[str] | None) -> list[System]:
    return [replace(system, left_out=bool(names and system.name not in names)) for system in PEERS]


def _ours(ours: Ours, given: Given) -> list[System]:
    return [
        System(name=OURS, role=Role.OURS, opening=lambda _, __: ours.in_process()),
        System(
            name=_HTTP, role=Role.OURS, opening=lambda _, folder: ours.through_http(given, folder)
        ),
    ]


def _with_remembering(measured: Sequence[Measured], ours: Ours) -> list[Measured]:
    """The same, ours ready only after the entries were remembered."""
    return [
        replace(one, seconds=one.seconds + ours.seconds) if one.role is Role.OURS else one
        for one in measured
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-peers", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, required=True, help="a set, or a folder of sets")
    add("--set", action="append", help="a set to measure; all by default")
    add("--mix", type=int, metavar="SIZE", help="the sets in one namespace, filled up to SIZE")
    add("--every", type=int, default=1, metavar="N", help="ask every Nth question")
    add("--questions", type=int, metavar="N", help="draw N of them; 500 of a mix")
    add("--apart", action="store_true", help="give each namespace a place of its own in a peer")
    add("--peer", action="append", choices=[one.name for one in PEERS], help="measure these alone")
    add("--tuning", action="store_true", help="ask what is for tuning, no more")
    add("--seed", type=int, default=0, help="of the filling, the questions and the bootstrap")
    add("--model", default="auto", help="as in the settings")
    add("--vectors", type=Path, help="keep the model's vectors in this folder")
    add("--results", type=Path, help="where results go; by default benchmarks/results, if whole")
    add("--json", action="store_true", help="print the result, not a table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
