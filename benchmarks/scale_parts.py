"""What `bench-scale` measures of one store."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from agent_client import EntryDraft
from benchmarks.footprint import Memory, memory_of
from benchmarks.loads import closed_loop
from benchmarks.percentiles import percentiles
from benchmarks.seeded_daemon import running_seeded_daemon
from benchmarks.seeded_embedder import seeded
from benchmarks.site import Site, opened, questions_to
from memory_service.app import create_engine
from memory_service.model.recall import CutMode, OnNone, RecallRequest
from memory_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from benchmarks.daemon import Daemon
    from benchmarks.filling import Filled
    from benchmarks.scale_texts import ScaleTexts
    from benchmarks.site import Asked, Timed
    from memory_service.engine.engine import MemoryEngine

#: Costs nothing and loads at once: what is measured with it is without a model.
_NO_MODEL = "hashing"
#: Recalls of one side before the other has its turn.
_TURN = 20
_WARM_UP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a store is measured.

    Args:
        model: Whose forward pass is run.
        questions: How many recalls.
        tail: Entries that are written before the daemon is killed.
        memory_limit: The database's, as in the settings.
        seed: Of the questions.
    """

    model: str
    questions: int
    tail: int
    memory_limit: str
    seed: int

    @property
    def settings(self) -> Mapping[str, str]:
        """What the daemons run with beside the defaults."""
        return {"duckdb_memory_limit": self.memory_limit}


def in_process(store: Filled, texts: ScaleTexts, options: Options) -> dict[str, float]:
    """Milliseconds of a recall through the engine, without a model, ten hits each."""
    shape = store.shape
    questions = questions_to(shape, texts, seed=options.seed + 1)
    settings = Settings(
        data_folder=store.folder,
        model=_NO_MODEL,
        allow_download=False,
        duckdb_memory_limit=options.memory_limit,
    )
    wrap = seeded(dimensions=shape.dimensions, seed=shape.seed)
    engine = create_engine(settings, wrap=wrap)
    try:
        timed = [_recall(engine, next(questions)) for _ in range(options.questions + _WARM_UP)]
    finally:
        engine.close()
    return asdict(percentiles(timed[_WARM_UP:]))


def over_http(store: Filled, texts: ScaleTexts, options: Options) -> dict[str, Any]:
    """Recalls of a daemon, and its memory after them."""
    questions = questions_to(store.shape, texts, seed=options.seed)
    with opened(store, questions, model=options.model, settings=options.settings) as site:
        timed = site.ask(site.posts(options.questions))
        held = memory_of(site.daemon.process.pid)
    return {"recall": _figures(timed), "memory": asdict(held)}


def memory_of_one(store: Filled, texts: ScaleTexts, options: Options) -> Memory:
    """The memory of a daemon over a store of next to nothing, after as many recalls."""
    questions = questions_to(store.shape, texts, seed=options.seed, small=True)
    with opened(store, questions, model=options.model, settings=options.settings) as site:
        site.ask(site.posts(options.questions))
        return memory_of(site.daemon.process.pid)


def small_beside(
    store: Filled, alone: Filled, texts: ScaleTexts, options: Options
) -> dict[str, Any]:
    """Recalls of the namespace `small` beside all others and by itself, in turns."""
    with ExitStack() as daemons:
        sites = [
            daemons.enter_context(
                opened(
                    one,
                    questions_to(one.shape, texts, seed=options.seed, small=True),
                    model=options.model,
                    settings=options.settings,
                )
            )
            for one in (store, alone)
        ]
        timed: list[list[float]] = [[], []]
        for _ in range(max(1, options.questions // _TURN)):
            for site, values in zip(sites, timed, strict=True):
                values += [one.beyond for one in site.ask(site.posts(_TURN))]
    beside, by_itself = timed
    return {
        "entries": store.shape.small,
        "beside": asdict(percentiles(beside)),
        "alone": asdict(percentiles(by_itself)),
        "ratio": median(beside) / median(by_itself),
    }


def clean_start(store: Filled, texts: ScaleTexts, options: Options) -> dict[str, float]:
    """Seconds from the start of a process to ready and to its first answer, model apart."""
    with _without_model(store, options) as daemon:
        return _started(daemon, store, texts, options)


def start_after_kill(store: Filled, texts: ScaleTexts, options: Options) -> dict[str, float]:
    """The same after a kill -9 with `tail` entries written since the start; changes the store.

    `lost` of the acknowledged entries are missing then.
    """
    with _without_model(store, options) as daemon:
        written = _write_tail(daemon, store, texts, options.tail)
        expected = _entries(daemon)
        daemon.kill()
    with _without_model(store, options) as daemon:
        started = _started(daemon, store, texts, options)
        return {**started, "tail": written, "lost": expected - _entries(daemon)}


def _without_model(store: Filled, options: Options) -> AbstractContextManager[Daemon]:
    return running_seeded_daemon(
        store.folder,
        model=_NO_MODEL,
        dimensions=store.shape.dimensions,
        seed=store.shape.seed,
        settings=options.settings,
    )


def _started(
    daemon: Daemon, store: Filled, texts: ScaleTexts, options: Options
) -> dict[str, float]:
    questions = questions_to(store.shape, texts, seed=options.seed + 2)
    site = Site(daemon=daemon, filled=store, questions=questions)
    answered = closed_loop(site.connect, site.posts(1))[0]
    waited = answered.milliseconds / 1_000
    return {"ready": daemon.start_seconds, "first_answer": daemon.start_seconds + waited}


def _write_tail(daemon: Daemon, store: Filled, texts: ScaleTexts, count: int) -> int:
    """Entries to the first namespace; how many were acknowledged."""
    questions = questions_to(store.shape, texts, seed=store.shape.seed + 3)
    drafts = (EntryDraft(id=f"tail-{number}", text=next(questions).text) for number in range(count))
    with daemon.connect() as client:
        receipts = client.remember_many(drafts, namespace=store.shape.space(0).name)
        return sum(len(receipt.outcomes) for receipt in receipts)


def _entries(daemon: Daemon) -> int:
    with daemon.connect() as client:
        return client.status().entries


def _recall(engine: MemoryEngine, asked: Asked) -> float:
    request = RecallRequest(
        namespace=asked.namespace,
        queries=(asked.text,),
        limit=10,
        cut=CutMode.OFF,
        on_none=OnNone.BEST,
    )
    start = time.perf_counter()
    engine.recall(request)
    return 1_000 * (time.perf_counter() - start)


def _figures(timed: Sequence[Timed]) -> dict[str, Any]:
    return {
        "whole": asdict(percentiles([one.wall for one in timed])),
        "beyond": asdict(percentiles([one.beyond for one in timed])),
    }
