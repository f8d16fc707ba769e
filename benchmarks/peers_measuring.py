"""Opening every system over the same entries, and asking all of them the same questions."""

from __future__ import annotations

import gc
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.batches import batches
from benchmarks.peers_systems import Role, apart
from benchmarks.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from benchmarks.peers_asking import Asked, Entries, Searcher
    from benchmarks.peers_systems import System

#: Questions that one system is asked before the next has its turn.
TURN = 50
#: Questions that each is asked before the clock counts.
WARM_UP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One question to one system, in milliseconds.

    `whole` is what the caller waited; `search` leaves out what went into reading texts.
    `hydrated` says whether texts were read at all.
    """

    ids: tuple[str, ...]
    whole: float
    search: float
    hydrated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A system and its trials in the order of the questions; none if it could not be opened.

    `seconds` went into putting the entries into it, `absent` says why there are no trials.
    """

    name: str
    role: Role
    versions: Mapping[str, str]
    seconds: float = 0.0
    trials: Sequence[Trial] = ()
    absent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    searcher: Searcher
    seconds: float


def measure(
    systems: Sequence[System],
    entries: Entries,
    asked: Sequence[Asked],
    folder: Path,
    *,
    own_place: bool,
    timer: Callable[[], float] = time.perf_counter,
) -> list[Measured]:
    """Open all that can be opened, then ask them in turns, so that all meet the same machine.

    Args:
        systems: In the order of the result.
        entries: What each holds.
        asked: The questions.
        folder: Where each has a folder of its own.
        own_place: Give each namespace a place of its own in every store, so that none filters.
        timer: Seconds that only grow.
    """
    with ExitStack() as stack:
        opened = {
            system.name: _open(system, entries, folder / str(number), stack, own_place, timer)
            for number, system in enumerate(systems)
            if not system.absent
        }
        stack.enter_context(_frozen())
        searchers = {name: one.searcher for name, one in opened.items()}
        trials = ask_in_turns(searchers, asked, timer=timer)
    return [
        Measured(
            name=system.name,
            role=system.role,
            versions=system.versions,
            seconds=opened[system.name].seconds if system.name in opened else 0.0,
            trials=trials.get(system.name, ()),
            absent=system.absent,
        )
        for system in systems
    ]


def ask_in_turns(
    searchers: Mapping[str, Searcher],
    asked: Sequence[Asked],
    *,
    timer: Callable[[], float] = time.perf_counter,
) -> dict[str, list[Trial]]:
    """Every question to every system; `TURN` questions to one, then to the next, and again."""
    trials: dict[str, list[Trial]] = {name: [] for name in searchers}
    for searcher in searchers.values():
        for one in asked[-WARM_UP:]:
            searcher.search(one)
    with progress("ask", len(asked)) as advance:
        for turn in batches(asked, TURN):
            for name, searcher in searchers.items():
                trials[name] += [_ask(searcher, one, timer) for one in turn]
            advance(len(turn))
    return trials


@contextmanager
def _frozen() -> Iterator[None]:
    """What the benchmark itself holds by now is no business of a collection during a search."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _open(
    system: System,
    entries: Entries,
    folder: Path,
    stack: ExitStack,
    own_place: bool,
    timer: Callable[[], float],
) -> _Opened:
    folder.mkdir()
    opening = (
        apart(system.opening) if own_place and system.role is not Role.OURS else system.opening
    )
    start = timer()
    with progress(f"open: {system.name}", 1) as advance:
        searcher = stack.enter_context(opening(entries, folder))
        advance(1)
    return _Opened(searcher=searcher, seconds=timer() - start)


def _ask(searcher: Searcher, asked: Asked, timer: Callable[[], float]) -> Trial:
    start = timer()
    found = searcher.search(asked)
    whole = 1_000 * (timer() - start)
    return Trial(
        ids=found.ids,
        whole=whole,
        search=whole - (found.hydration or 0.0),
        hydrated=found.hydration is not None,
    )
