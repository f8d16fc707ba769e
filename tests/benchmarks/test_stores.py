"""Engines over a set that was remembered once: with changed options, around a changed model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.asking import AS_AGENT, ask
from benchmarks.datasets import read_set
from benchmarks.stores import remembered
from benchmarks.vectors import VectorShelf
from memory_service.app import create_engine
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.settings import Settings
from tests.support.embedders import GatedEmbedder
from tests.support.evaluation_set import write_tiny_set

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.datasets import Dataset
    from benchmarks.stores import Store
    from memory_service.engine.engine import MemoryEngine
    from memory_service.engine.options import EngineOptions

_ONE = replace(AS_AGENT, limit=1)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return read_set(write_tiny_set(tmp_path))


@pytest.fixture
def store(dataset: Dataset) -> Iterator[Store]:
    with remembered(dataset, model="hashing", shelf=VectorShelf()) as store:
        yield store


def _considered(engine: MemoryEngine, dataset: Dataset) -> set[int]:
    answered = ask(engine, dataset, label="", manner=_ONE)
    return {one.answer.cut.considered for one in answered}


def test_what_was_remembered_is_there_for_every_engine(store: Store, dataset: Dataset) -> None:
    for _ in range(2):
        with store.engine() as engine:
            assert engine.status().entries == len(dataset.entries)


def test_an_engine_runs_with_the_options_it_was_given(store: Store, dataset: Dataset) -> None:
    """One candidate and the turn beside it is the least; by default there are all four turns."""

    def shallow(options: EngineOptions) -> EngineOptions:
        return replace(options, depth=1)

    with store.engine() as engine:
        assert _considered(engine, dataset) == {4}
    with store.engine(shallow) as engine:
        assert min(_considered(engine, dataset)) == 2


def test_questions_are_embedded_once_for_all_engines(store: Store, dataset: Dataset) -> None:
    with store.engine() as engine:
        first = ask(engine, dataset, label="", manner=AS_AGENT)
    model = GatedEmbedder()
    store.shelf.wrap(model).embed([one.question.text for one in first])

    assert model.passes == []


def test_what_is_put_around_the_model_is_the_engines_model(tmp_path: Path) -> None:
    engine = create_engine(
        Settings(data_folder=tmp_path, model="hashing", allow_download=False),
        wrap=lambda _: HashingEmbedder(dimensions=32),
    )
    try:
        identity = engine.status().model.identity
    finally:
        engine.close()

    assert identity == HashingEmbedder(dimensions=32).identity
