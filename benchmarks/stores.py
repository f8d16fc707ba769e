"""Sets remembered once, and engines over them."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.asking import ingest
from benchmarks.compiled_models import machines_folder
from benchmarks.variants import unchanged
from memory_service.app import create_engine
from memory_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.datasets import Dataset
    from benchmarks.variants import Adjust
    from benchmarks.vectors import VectorShelf
    from memory_service.engine.engine import MemoryEngine
    from memory_service.engine.requests import ModelStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A data folder that holds a set, and how it came to.

    `outcomes` counts entries by what became of them; `seconds` is how long that took.
    """

    settings: Settings
    shelf: VectorShelf
    outcomes: Mapping[str, int]
    seconds: float
    model: ModelStatus

    @contextmanager
    def engine(self, adjust: Adjust = unchanged) -> Iterator[MemoryEngine]:
        """An engine over the store with changed options; one at a time."""
        with _engine(self.settings, self.shelf, adjust) as engine:
            yield engine


@contextmanager
def remembered(
    dataset: Dataset, *, model: str, shelf: VectorShelf, precision: str = "auto"
) -> Iterator[Store]:
    """Remember the set in a folder that is gone afterwards.

    Every vector that came to be, those of questions too, is then kept, whatever happens.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data_folder=Path(folder),
            model=model,
            allow_download=False,
            precision=precision,
            compiled_folder=machines_folder(),
        )
        try:
            yield _remember(dataset, settings, shelf)
        finally:
            shelf.save()


def _remember(dataset: Dataset, settings: Settings, shelf: VectorShelf) -> Store:
    start = time.perf_counter()
    with _engine(settings, shelf, unchanged) as engine:
        outcomes, model = ingest(engine, dataset), engine.status().model
    seconds = time.perf_counter() - start
    shelf.save()
    return Store(settings=settings, shelf=shelf, outcomes=outcomes, seconds=seconds, model=model)


@contextmanager
def _engine(settings: Settings, shelf: VectorShelf, adjust: Adjust) -> Iterator[MemoryEngine]:
    engine = create_engine(settings, adjust=adjust, wrap=shelf.wrap)
    try:
        yield engine
    finally:
        engine.close()
