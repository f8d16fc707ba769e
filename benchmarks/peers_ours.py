"""Our own service among its peers: the engine in this process, and a daemon through HTTP."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.asking import AS_AGENT, ingest
from benchmarks.daemon import running_daemon
from benchmarks.peers_asking import SHOWN, Found
from benchmarks.peers_given import GivenEmbedder, write_vectors
from memory_service.app import create_engine
from memory_service.errors import InvalidInputError
from memory_service.model.recall import CutMode, OnNone
from memory_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from agent_client import MemoryClient
    from benchmarks.peers_asking import Asked
    from benchmarks.peers_given import Given
    from memory_service.engine.engine import MemoryEngine
    from memory_service.protocols import Vector

#: The stage of a recall that reads texts, folds what says the same, and packs.
_HYDRATION = "fetch"
#: As a peer is asked: the best ten, whatever the evidence.
_MANNER = replace(AS_AGENT, limit=SHOWN, cut=CutMode.OFF, on_none=OnNone.BEST)
_STORED = frozenset({"created", "duplicate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A data folder with the entries in it; `seconds` is how long that took."""

    settings: Settings
    vectors: Mapping[str, Vector]
    seconds: float

    @contextmanager
    def in_process(self) -> Iterator[InProcess]:
        """The engine over it."""
        with _engine(self.settings, self.vectors) as engine:
            yield InProcess(engine=engine)

    @contextmanager
    def through_http(self, given: Given, folder: Path) -> Iterator[ThroughHttp]:
        """A daemon over a copy of it, and the client on one connection."""
        data, questions = folder / "data", folder / "questions.npz"
        shutil.copytree(self.settings.data_folder, data)
        write_vectors(questions, given.asked)
        command = ("benchmarks.peers_serve", "--vectors", str(questions))
        with (
            running_daemon(data, model=self.settings.model, command=command) as daemon,
            daemon.connect() as client,
        ):
            yield ThroughHttp(client=client)


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcess:
    """A recall is timed as a whole; what it spends on texts is told apart."""

    engine: MemoryEngine

    def search(self, asked: Asked) -> Found:
        """The best, with their texts."""
        request = replace(_MANNER, namespace=asked.namespace, queries=(asked.text,), now=asked.now)
        (answer,) = self.engine.recall(request).answers
        return Found(
            ids=tuple(hit.entry.id for hit in answer.hits),
            hydration=answer.timings[_HYDRATION],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughHttp:
    """The same through the client."""

    client: MemoryClient

    def search(self, asked: Asked) -> Found:
        """The best, with their texts."""
        answer = self.client.recall(
            asked.text,
            namespace=asked.namespace,
            limit=SHOWN,
            cut="off",
            on_none="best",
            now=asked.now,
            timings=True,
        )
        return Found(
            ids=tuple(hit.entry.id for hit in answer.hits), hydration=answer.timings_ms[_HYDRATION]
        )


def remember(given: Given, folder: Path, *, model: str) -> Ours:
    """Put the entries into a new data folder.

    Raises:
        InvalidInputError: If one is refused.
    """
    settings = Settings(data_folder=folder, model=model, allow_download=False)
    vectors = given.vectors()
    start = time.perf_counter()
    with _engine(settings, vectors) as engine:
        outcomes = ingest(engine, given.dataset)
    if not outcomes.keys() <= _STORED:
        raise InvalidInputError(f"not every entry was stored: {outcomes}")
    return Ours(settings=settings, vectors=vectors, seconds=time.perf_counter() - start)


@contextmanager
def _engine(settings: Settings, vectors: Mapping[str, Vector]) -> Iterator[MemoryEngine]:
    engine = create_engine(settings, wrap=lambda inner: GivenEmbedder(inner, vectors))
    try:
        yield engine
    finally:
        engine.close()
