"""How long the ranking and the cut of one query take: `make bench-micro`.

Without that the same runs once, as a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.fitted.loading import load_fitted
from memory_service.retrieval.cut import CutOptions, cut
from memory_service.retrieval.duplicates import fold, suspects
from memory_service.retrieval.ranking import RankingOptions, rank
from tests.support.builders import an_entry
from tests.support.candidates import Row, candidates

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from memory_service.retrieval.ranking import Candidates

#: As many as two legs of 100 bring together with the turns beside them.
_COUNT = 300
_SHOWN = 20


@pytest.fixture(scope="module")
def many() -> Candidates:
    chance = np.random.default_rng(4)
    return candidates(
        *(
            Row(
                id=f"e{number}",
                cosine=float(chance.uniform(-0.1, 0.9)),
                bm25=float(chance.uniform(0.0, 4.0)),
                matched=int(chance.integers(0, 4)),
                session=number // 20,
                speaker=number % 2,
                length=int(chance.integers(3, 60)),
                asks=number % 5 == 0,
            )
            for number in range(_COUNT)
        )
    )


@pytest.fixture(scope="module")
def options() -> RankingOptions:
    fitted = load_fitted()
    return RankingOptions(
        weights=fitted.weights, relevance=fitted.relevance, evidence=fitted.evidence, floor=0.1
    )


def test_the_ranking_of_300_candidates(
    benchmark: BenchmarkFixture, many: Candidates, options: RankingOptions
) -> None:
    ranking = benchmark(rank, many, options)

    assert sorted(ranking.places.tolist()) == list(range(_COUNT))
    assert (np.diff(ranking.fused) <= 0).all()


def test_the_cut_of_300_candidates(
    benchmark: BenchmarkFixture, many: Candidates, options: RankingOptions
) -> None:
    ranking = rank(many, options)

    place = benchmark(cut, ranking, CutOptions(limit=_SHOWN, worth=0.01))

    assert place.kept[0] == 0
    assert len(place.kept) <= _SHOWN


def test_folding_what_is_shown(benchmark: BenchmarkFixture) -> None:
    chance = np.random.default_rng(5)
    vectors = chance.standard_normal((_COUNT, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = [f"word{number}" for number in range(200)]
    entries = [
        an_entry(f"e{number}", " ".join(chance.choice(words, 30))) for number in range(_SHOWN)
    ]

    def folded() -> int:
        beyond = suspects(vectors, np.arange(_SHOWN))
        return len(fold(entries, vectors[:_SHOWN])) + int(np.count_nonzero(beyond[_SHOWN:]))

    assert benchmark(folded) == _SHOWN
