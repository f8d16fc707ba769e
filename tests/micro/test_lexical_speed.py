"""How long the lexical leg of one recall takes: `make bench-micro`.

Without that the same runs once, as a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.corpus import Corpus
from benchmarks.lexical_engines import DEPTH, Everything, Ours

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from memory_service.index.lexical.search import Search
    from memory_service.model.bm25 import Matches

_ENTRIES = 6_000


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Ours:
    folder: Path = tmp_path_factory.mktemp("lexical")
    engine = Ours(folder / "index", Corpus(seed=0))
    for block in engine.corpus.blocks(_ENTRIES):
        engine.add(block)
    engine.finish()
    return engine


def _words(ours: Ours) -> list[str]:
    query = ours.corpus.queries(1, entries=_ENTRIES, heavy=True)[0]
    return [ours.corpus.vocabulary[word] for word in query]


def test_the_best_of_6000_entries(benchmark: BenchmarkFixture, ours: Ours) -> None:
    found: Matches = benchmark(ours.search, _words(ours))

    assert len(found.ordinals) == DEPTH
    assert (np.diff(found.scores) <= 0).all()


def test_the_scores_of_300_candidates(benchmark: BenchmarkFixture, ours: Ours) -> None:
    search: Search = ours.asked(_words(ours))
    best = search.best(DEPTH, Everything())
    candidates = np.arange(1, 1 + 20 * 300, 20)

    found: Matches = benchmark(search.score, np.union1d(candidates, best.ordinals))

    assert set(found.ordinals[found.scores > 0].tolist()) >= set(best.ordinals.tolist())
