"""A store that another model takes over, one step of the work at a time."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from memory_service.backends.local import LocalBackend
from memory_service.backends.local_options import LocalOptions
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.engine.next_models import AnotherModel, LoadedModel
from memory_service.engine.requests import ModelState, ModelStatus
from memory_service.errors import ModelNotFoundError
from memory_service.model.recall import CutMode, OnNone
from tests.support.engines import AFloor, Bench, a_bench
from tests.support.faults import FlakyEmbedder
from tests.support.ranking import engine_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from memory_service.engine.reembedding import ReembeddingWork
    from memory_service.model.entry import Span
    from memory_service.model.recall import Hit

#: The model to come: other vectors, and other passages of what is long.
DIMENSIONS = 128
WINDOW = 24
BATCH = 4
FLOOR = AFloor(mean=0.05)


def the_next_model() -> FlakyEmbedder:
    """A new one, as it is loaded."""
    return FlakyEmbedder(HashingEmbedder(dimensions=DIMENSIONS, window=WINDOW))


@dataclass
class Wishes:
    """A wish in memory; the models that were loaded for it."""

    name: str = ""
    refuses: bool = False
    loaded: list[FlakyEmbedder] = field(default_factory=list)

    def wanted(self) -> str:
        return self.name

    def load(self, name: str) -> LoadedModel:
        if self.refuses:
            raise ModelNotFoundError("it is nowhere")
        embedder = the_next_model()
        self.loaded.append(embedder)
        status = ModelStatus(
            identity=embedder.identity, source="test", state=ModelState.READY, detail=name
        )
        return LoadedModel(
            embedder=embedder,
            patient=embedder,
            status=status,
            floor=FLOOR,
            ranking=engine_options().ranking,
            asked=lambda: None,
        )

    def fulfilled(self, name: str) -> None:
        if self.name == name:
            self.name = ""

    def embedded(self) -> int:
        """How many texts were embedded for the store by any of these."""
        return sum(len(call) for one in self.loaded for call in one.calls)


@dataclass(frozen=True, kw_only=True)
class Switching:
    """An engine over a local store whose work towards another model a test drives by hand."""

    bench: Bench
    backend: LocalBackend
    wishes: Wishes

    @property
    def work(self) -> ReembeddingWork:
        work = self.bench.engine._reembedding._work
        assert work is not None
        return work

    def wish(self, name: str = "next") -> None:
        """Say which model is to serve."""
        self.wishes.name = name
        self.bench.engine.reembed()

    def step(self, count: int = 1) -> None:
        """Do so many steps: loading, beginning, batches, the switch."""
        for _ in range(count):
            self.work.run_once()

    def finish(self) -> None:
        """Do all that is left to do."""
        while self.work.run_once() is not None:
            pass

    def to_the_last_step(self) -> None:
        """Do all but the switch."""
        self.step(2)
        while self.backend.reembedding.waiting(1):
            self.step()


@contextmanager
def switching(
    folder: Path,
    *,
    wishes: Wishes | None = None,
    dimensions: int = 256,
    window: int = 64,
    floor: AFloor | None = None,
) -> Iterator[Switching]:
    """The store in *folder*, served by a model of these dimensions; closed in the end."""
    wishes = wishes or Wishes()
    plain = a_bench(dimensions=dimensions, window=window)
    backend = LocalBackend.open(
        folder, options=LocalOptions(exact_limit=8, seal_changes=8), clock=plain.clock
    )
    backend.bind(plain.embedder.identity)
    bench = a_bench(
        backend=backend,
        dimensions=dimensions,
        window=window,
        floor=floor,
        options=engine_options(embed_batch=BATCH),
        another_model=AnotherModel(reembedding=backend.reembedding, wishes=wishes),
    )
    bench = replace(bench, clock=plain.clock)
    try:
        yield Switching(bench=bench, backend=backend, wishes=wishes)
    finally:
        bench.engine.close()


@contextmanager
def switched(folder: Path) -> Iterator[Switching]:
    """The store in *folder*, served by the model that has taken over."""
    with switching(folder, dimensions=DIMENSIONS, window=WINDOW, floor=FLOOR) as one:
        yield one


def an_exact_bench(*, new: bool) -> Bench:
    """Dicts that only ever had the one model or the other."""
    if new:
        return a_bench(dimensions=DIMENSIONS, window=WINDOW, floor=FLOOR)
    return a_bench()


def answers_of(bench: Bench, queries: Sequence[str]) -> list[Answered]:
    """What it answers, whatever the cut."""
    answers = [bench.ask(query, cut=CutMode.OFF, on_none=OnNone.BEST, limit=8) for query in queries]
    return [Answered(hits=tuple(Found.of(hit) for hit in one.hits)) for one in answers]


@dataclass(frozen=True)
class Answered:
    """Hits in order."""

    hits: tuple[Found, ...]


@dataclass(frozen=True)
class Found:
    """A hit, without when it was written: that is another change where models came and went."""

    id: str
    text: str
    version: int
    embedded: bool
    span: Span | None
    words: tuple[str, ...]
    figures: Figures

    @classmethod
    def of(cls, hit: Hit) -> Found:
        legs = hit.legs
        return cls(
            id=hit.entry.id,
            text=hit.entry.draft.text,
            version=hit.entry.version,
            embedded=hit.entry.embedded,
            span=hit.span,
            words=hit.words,
            figures=Figures((hit.score, legs.cosine or 0.0, legs.bm25 or 0.0, legs.fused)),
        )


@dataclass(frozen=True, eq=False)
class Figures:
    """Equal to what vectors of 16 bits and of 32 give alike."""

    values: tuple[float, ...]

    __hash__ = None  # type: ignore[assignment]  # equality is not transitive

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Figures) and np.allclose(self.values, other.values, atol=2e-3)
