"""What a full disk does to a backend, in a process of its own: it may not end it.

    python -m benchmarks.full_disk_child --folder F --entries 3000 --by limit --options '{}'

Room is taken away in the middle of what is due (merges, snapshots, a checkpoint) and given back.
Prints one line of JSON: the faults, and what was refused with what.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.trial_store import a_bench, faults_of
from memory_service.backends.local import LocalOptions
from memory_service.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.trial_store import Bench

#: Bytes that are left: too little for anything, and enough to begin.
ROOM = (4_096, 65_536, 1 << 20, 4 << 20)
_QUESTIONS = 8
#: What an approximate dense leg finds at least.
_FOUND = 0.95
_BLOCK = 4_096


@dataclass(slots=True)
class Seen:
    """Faults, and how often what was refused."""

    faults: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def attempt(self, what: str, work: Callable[[], object]) -> bool:
        """Do it; whether it was done.  A `StorageError` may refuse it, nothing else may."""
        try:
            work()
        except StorageError as error:
            self.refused[f"{what}: {type(error).__name__}"] += 1
            return False
        return True


def run(folder: Path, *, entries: int, by: str, options: LocalOptions) -> Seen:
    """Fill, then take the room away for each size of what is left, and give it back."""
    seen = Seen()
    with a_bench(folder, options) as bench:
        list(bench.grow(entries // 2))
        bench.backend.maintain()
        list(bench.grow(entries))
        bench.forget([f"e{number}" for number in range(0, entries, 3)])
        for number, room in enumerate(ROOM):
            with _TAKEN[by](folder, room):
                seen.attempt("upkeep", bench.backend.maintain)
                _check(bench, seen, f"with {room} bytes left")
                text = f"written with little room {number}"
                seen.attempt("a write", partial(bench.put, {f"tight{number}": text}))
                _check(bench, seen, f"after a write with {room} bytes left")
            _recover(bench, seen, f"after {room} bytes")
            list(bench.grow(bench.oracle.written + 200))
        bench.reopen()
        _check(bench, seen, "after a restart")
    return seen


def _check(bench: Bench, seen: Seen, when: str) -> None:
    """Answers are to be the same as ever."""
    questions = bench.questions(_QUESTIONS)
    try:
        seen.faults += faults_of(bench, questions, when=when, least_found=_FOUND)
    except StorageError as error:
        seen.faults.append(f"{when}: no answer ({type(error).__name__})")


def _recover(bench: Bench, seen: Seen, when: str) -> None:
    """With room again all must go well, without a restart."""
    if not seen.attempt("upkeep with room again", bench.backend.maintain):
        seen.faults.append(f"{when}: refused although there was room again")
    _check(bench, seen, f"{when}, with room again")


@contextmanager
def _by_limit(_folder: Path, room: int) -> Iterator[None]:
    """No file of this process may grow beyond *room* bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def _by_filling(folder: Path, room: int) -> Iterator[None]:
    """The file system of *folder* has *room* bytes left."""
    filler = folder.parent / "filler"
    block = bytes(_BLOCK)
    # The store writes as well meanwhile: whoever is late finds no room.
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize > room:
            file.write(block)
    try:
        yield
    finally:
        filler.unlink()


_TAKEN = {"limit": _by_limit, "filling": _by_filling}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one; 0 if it came to its end, whatever it saw."""
    parser = argparse.ArgumentParser(prog="full-disk-child", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="for the backend")
    parser.add_argument("--entries", type=int, required=True, help="how many")
    parser.add_argument("--by", choices=sorted(_TAKEN), required=True, help="how room is taken")
    parser.add_argument("--options", type=str, default="{}", help="of the backend, as JSON")
    options = parser.parse_args(arguments)
    seen = run(
        options.folder,
        entries=options.entries,
        by=options.by,
        options=msgspec.json.decode(options.options, type=LocalOptions),
    )
    print(json.dumps({"faults": seen.faults, "refused": dict(seen.refused)}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
