"""Engines over dicts, ready for a test."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from memory_service.embedding.hashing import HashingEmbedder
from memory_service.engine.engine import MemoryEngine
from memory_service.engine.requests import ModelState, ModelStatus, RememberRequest, UpdateRequest
from memory_service.model.filters import And
from memory_service.model.recall import QueryAnswer, RecallRequest
from memory_service.model.write import Idempotency
from tests.support.clock import ManualClock
from tests.support.dict_backend import DictBackend
from tests.support.faults import FlakyEmbedder
from tests.support.ranking import engine_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.engine.next_models import AnotherModel
    from memory_service.engine.options import EngineOptions, Floor
    from memory_service.model.entry import EntryDraft
    from memory_service.model.write import Receipt
    from memory_service.protocols import Backend, Reranker

KEY = Idempotency(key="k", body_digest=b"1")
EVERYTHING = And(filters=())


@dataclass(frozen=True, slots=True, kw_only=True)
class AFloor:
    """Cosines of unrelated texts, as a test says they are."""

    mean: float = 0.0
    deviation: float = 0.125


@dataclass
class Timer:
    """Seconds that pass only when a test says so."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Bench:
    """An engine and all that it was made from."""

    engine: MemoryEngine
    backend: Backend
    embedder: FlakyEmbedder
    clock: ManualClock
    timer: Timer = field(default_factory=Timer)

    def remember(self, *drafts: EntryDraft, namespace: str = "ns", **options: object) -> Receipt:
        """Remember these."""
        request = RememberRequest(namespace=namespace, drafts=drafts, **options)  # type: ignore[arg-type]  # the request checks them
        return self.engine.remember(request)

    def ask(self, query: str, namespace: str = "ns", **options: object) -> QueryAnswer:
        """Ask one question."""
        request = RecallRequest(namespace=namespace, queries=(query,), **options)  # type: ignore[arg-type]  # the request checks them
        return self.engine.recall(request).answers[0]


def a_bench(
    *,
    model: bool = True,
    wrap: Callable[[HashingEmbedder], FlakyEmbedder] = FlakyEmbedder,
    floor: Floor | None = None,
    options: EngineOptions | None = None,
    backend: Backend | None = None,
    window: int = 64,
    dimensions: int = 256,
    reranker: Reranker | None = None,
    another_model: AnotherModel | None = None,
) -> Bench:
    """An engine that is not started: nothing happens behind the test's back."""
    clock, timer, numbers = ManualClock(), Timer(), count(1)
    embedder = wrap(HashingEmbedder(dimensions=dimensions, window=window))
    store = backend or DictBackend(clock=clock)
    engine = MemoryEngine(
        backend=store,
        embedder=embedder if model else None,
        model=ModelStatus(
            identity=embedder.identity if model else None,
            source="test",
            state=ModelState.READY if model else ModelState.MISSING,
            detail="",
        ),
        floor=floor or AFloor(),
        options=options or engine_options(),
        clock=clock,
        new_id=lambda: f"new-{next(numbers)}",
        reranker=reranker,
        timer=timer,
        another_model=another_model,
    )
    return Bench(engine=engine, backend=store, embedder=embedder, clock=clock, timer=timer)


def an_update(id: str = "a", **changes: object) -> UpdateRequest:
    """These fields of this entry anew."""
    return UpdateRequest(namespace="ns", id=id, changes=changes)


def texts(bench: Bench) -> list[str]:
    """What is stored, in the order it was written."""
    return [entry.draft.text for entry in bench.engine.page("ns", limit=100).entries]
