"""What the store costs by itself, without a model and vectors: `python -m benchmarks.store_scale`.

Entries go straight into the backend in batches of 256, spread evenly over the namespaces, with the
backend's own upkeep as a daemon has it.  Every step is a process of its own:

    fill     entries per second, memory beyond an empty backend's, and an end without a close
    killed   start from that, and what looking around among the entries costs then
    clean    start after a close
    lost     start without the catalogue's file: everything is read from the rows
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.corpus import BLOCK, Corpus
from benchmarks.footprint import memory_of
from benchmarks.results import describe_run, write_result
from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.model.entry import EntryDraft
from memory_service.model.write import Put, WriteRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_STEPS = ("fill", "killed", "clean", "lost")
_BATCH = 256
_TURNS = 20
_FIRST = datetime(2024, 1, 1, tzinfo=UTC)
#: Of the entries, so many are written after the last upkeep.
_TAIL = 10_000
#: Entries between two runs of the upkeep.
_UPKEEP = 51_200
#: What a recall looks around among, and how often that is measured.
_LOOKED_AT, _TIMES = 300, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is measured; `memory_limit` is the database's."""

    folder: Path
    entries: int
    namespaces: int
    memory_limit: str
    seed: int

    def opened(self) -> LocalBackend:
        """The backend over the folder."""
        return LocalBackend.open(
            self.folder,
            options=LocalOptions(memory_limit=self.memory_limit),
            clock=lambda: datetime.now(UTC),
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result where one is asked for."""
    options = _parser().parse_args(arguments)
    if options.step:
        print(json.dumps(_STEP[options.step](_wanted(options, options.folder))), flush=True)
        # As a process ends that is killed: without a close.
        os._exit(0)
    with tempfile.TemporaryDirectory() as temporary:
        wanted = _wanted(options, options.folder or Path(temporary) / "data")
        found = {step: _run(step, wanted) for step in _STEPS}
    result = {
        "benchmark": "store-scale",
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "entries": options.entries,
        "namespaces": options.namespaces,
        "memory_limit": options.memory_limit,
        **found,
    }
    print(json.dumps(result, indent=1))
    if options.out:
        write_result(options.out, result)
    return 0


def fill(wanted: Wanted) -> dict[str, float]:
    """Fill the folder and leave it as a process leaves it that is killed."""
    backend = wanted.opened()
    backend.maintain()
    empty = memory_of(os.getpid())
    busy = 0.0
    last = max(wanted.entries - _TAIL, 0) // _BATCH * _BATCH
    kept_up = {*range(_UPKEEP, last, _UPKEEP), last}
    for start in range(0, wanted.entries, _BATCH):
        requests = _requests(wanted, start, min(start + _BATCH, wanted.entries))
        began = time.perf_counter()
        for request in requests:
            backend.apply(request)
        busy += time.perf_counter() - began
        if start in kept_up:
            backend.maintain()
    held = memory_of(os.getpid())
    return {
        "per_second": wanted.entries / busy,
        "anonymous_per_entry": (held.anonymous - empty.anonymous) / wanted.entries,
        "mapped_per_entry": (held.mapped - empty.mapped) / wanted.entries,
        "empty_anonymous_mb": empty.anonymous / 1e6,
        "catalogue_file_per_entry": _file(wanted).stat().st_size / wanted.entries,
    }


def start(wanted: Wanted) -> dict[str, Any]:
    """Open the folder, look around in it, close it."""
    began = time.perf_counter()
    backend = wanted.opened()
    seconds = time.perf_counter() - began
    held, entries = memory_of(os.getpid()), backend.status().entries
    looked = _looked_around(backend, wanted)
    closing = time.perf_counter()
    backend.close()
    return {
        "seconds": seconds,
        "entries": entries,
        "anonymous_mb": held.anonymous / 1e6,
        "mapped_mb": held.mapped / 1e6,
        "close_seconds": time.perf_counter() - closing,
        **looked,
    }


def start_without_file(wanted: Wanted) -> dict[str, Any]:
    """The same without the catalogue's file."""
    shutil.rmtree(_file(wanted).parent)
    return start(wanted)


_STEP: dict[str, Callable[[Wanted], dict[str, Any]]] = {
    "fill": fill,
    "killed": start,
    "clean": start,
    "lost": start_without_file,
}


def _looked_around(backend: LocalBackend, wanted: Wanted) -> dict[str, float]:
    """Microseconds of what every recall asks the catalogue for."""
    now, found = datetime.now(UTC), {}
    with backend.reader("n0", filter=None, now=now) as reader:
        wide = np.sort(reader.sample(20 * _LOOKED_AT))
        chance = np.random.default_rng(wanted.seed)
        asked = [
            np.sort(chance.choice(wide, min(len(wide), _LOOKED_AT), replace=False))
            for _ in range(_TIMES)
        ]
        looks: dict[str, Callable[[Any], object]] = {
            "surroundings": reader.surroundings,
            "around": lambda ordinals: reader.around(ordinals[:20], 2),
            "ids": reader.ids,
            "sample": lambda _: reader.sample(256),
            "recent": lambda _: reader.recent(20),
        }
        for name, look in looks.items():
            found[f"{name}_us"] = _median(look, asked)
    found["namespaces_us"] = _median(lambda _: backend.namespaces(), asked[:5])
    found["status_us"] = _median(lambda _: backend.status(), asked)
    found["open_us"] = _median(
        lambda number: _open(backend, int(number), now),
        range(min(wanted.namespaces, wanted.entries // _TURNS)),
    )
    return found


def _open(backend: LocalBackend, number: int, now: datetime) -> None:
    with backend.reader(f"n{number}", filter=None, now=now) as reader:
        reader.recent(1)


def _median(look: Callable[[Any], object], asked: Sequence[Any]) -> float:
    took = []
    for one in asked:
        began = time.perf_counter()
        look(one)
        took.append(time.perf_counter() - began)
    return float(np.median(took) * 1e6)


def _requests(wanted: Wanted, start: int, stop: int) -> list[WriteRequest]:
    """The entries of these numbers, by namespace."""
    drafts: dict[str, list[EntryDraft]] = {}
    for number in range(start, stop):
        name = f"n{number // _TURNS % wanted.namespaces}"
        drafts.setdefault(name, []).append(_draft(wanted, number))
    return [
        WriteRequest(
            namespace=name,
            operations=tuple(Put(draft=draft, passages=None) for draft in of_name),
            now=_FIRST,
        )
        for name, of_name in drafts.items()
    ]


def _draft(wanted: Wanted, number: int) -> EntryDraft:
    chance = random.Random(wanted.seed * 2**40 + number)  # noqa: S311  # no secret
    return EntryDraft(
        id=str(uuid.UUID(int=chance.getrandbits(128))),
        text=_texts(wanted, number // BLOCK)[number % BLOCK],
        session=f"session-{number // _TURNS}",
        turn=number % _TURNS,
        speaker=("Ann", "Bob")[number % 2],
        event_time=_FIRST + timedelta(minutes=number),
    )


@lru_cache(maxsize=2)
def _texts(wanted: Wanted, block: int) -> list[str]:
    corpus = Corpus(seed=wanted.seed)
    return corpus.texts(corpus.block(block))


def _file(wanted: Wanted) -> Path:
    return wanted.folder / "index" / "catalogue" / "sealed"


def _run(step: str, wanted: Wanted) -> dict[str, Any]:
    """What a process of its own says of a step."""
    print(f"{step} …", file=sys.stderr)
    arguments = [f"--{name}={value}" for name, value in asdict(wanted).items()]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.store_scale", "--step", step, *arguments],
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _wanted(options: argparse.Namespace, folder: Path) -> Wanted:
    return Wanted(
        folder=folder,
        entries=options.entries,
        namespaces=options.namespaces,
        memory_limit=options.memory_limit,
        seed=options.seed,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.store_scale")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--namespaces", type=int, default=1)
    parser.add_argument("--memory-limit", "--memory_limit", default="256MB")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="kept afterwards; a temporary one by default")
    parser.add_argument("--out", type=Path, help="where the result is written")
    parser.add_argument("--step", choices=_STEPS, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
