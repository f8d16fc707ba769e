"""What every vector index promises, compared with an exact oracle."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.index.vectors.faiss_index import FaissIndex
from memory_service.index.vectors.limits import IndexLimits
from memory_service.model.selection import Selection
from tests.support.exact_index import ExactIndex
from tests.support.indexes import an_index
from tests.support.vectors import exact_vectors, random_vectors

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.model.read import DenseLeg, Ordinals
    from memory_service.protocols import VectorIndex, Vectors

DIMENSIONS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Implementation:
    """An index under contract, and what share of the true best it must find."""

    name: str
    make: Callable[[int], VectorIndex]
    min_recall: float = 1.0

    def filled(self, vectors: Vectors) -> VectorIndex:
        """Vector *i* under ordinal *i*, as a settled index."""
        index = self.make(vectors.shape[1])
        add(index, np.arange(len(vectors)), vectors)
        settle(index)
        return index


#: Of more than 100 vectors, the codes are in one list; of more than 200, in several.
FLAT = IndexLimits(exact=100, growing=50, gathered=20)
LISTS = IndexLimits(exact=100, flat=200, growing=50, gathered=20)

IMPLEMENTATIONS = [
    Implementation(name="oracle", make=lambda d: ExactIndex(dimensions=d)),
    Implementation(name="exact", make=an_index),
    Implementation(name="exact from disk", make=lambda d: an_index(d, matrix_bytes=0)),
    Implementation(name="codes in one list", make=lambda d: an_index(d, FLAT), min_recall=0.97),
    Implementation(name="codes in lists", make=lambda d: an_index(d, LISTS), min_recall=0.97),
]


@pytest.fixture(params=IMPLEMENTATIONS, ids=lambda implementation: implementation.name)
def implementation(request: pytest.FixtureRequest) -> Implementation:
    chosen: Implementation = request.param
    return chosen


def add(index: VectorIndex, ordinals: Ordinals, vectors: Vectors) -> None:
    index.add(ordinals.astype(np.int64), np.zeros(len(ordinals), np.int32), vectors)


def settle(index: VectorIndex) -> None:
    if isinstance(index, FaissIndex):
        index.maintain()


def oracle_of(vectors: Vectors) -> ExactIndex:
    oracle = ExactIndex(dimensions=vectors.shape[1])
    add(oracle, np.arange(len(vectors)), vectors)
    return oracle


def assert_same(leg: DenseLeg, expected: DenseLeg) -> None:
    np.testing.assert_array_equal(leg.ordinals, expected.ordinals)
    np.testing.assert_allclose(leg.scores, expected.scores, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(leg.parts, expected.parts)


def test_an_empty_index_answers_nothing(implementation: Implementation) -> None:
    index = implementation.make(DIMENSIONS)
    query = random_vectors(1, DIMENSIONS, seed=0)[0]

    leg = index.search(query, 10)
    among = index.search(query, 10, allowed=Selection.of(np.array([1, 2])))

    assert (len(index), len(leg.ordinals), len(among.ordinals)) == (0, 0, 0)
    assert leg.ordinals.dtype == np.int64
    assert leg.scores.dtype == np.float64
    assert leg.parts.dtype == np.int32


def test_the_best_come_first_with_their_exact_scores(implementation: Implementation) -> None:
    vectors = random_vectors(600, DIMENSIONS, seed=1)
    index, oracle = implementation.filled(vectors), oracle_of(vectors)
    found = 0

    for query in random_vectors(30, DIMENSIONS, seed=2):
        leg = index.search(query, 10)
        assert_same(leg, oracle.score(query, leg.ordinals))
        assert np.all(np.diff(leg.scores) <= 0)
        found += len(np.intersect1d(leg.ordinals, oracle.search(query, 10).ordinals))

    assert found >= implementation.min_recall * 300


def test_vectors_come_back_where_there_is_exactly_one(implementation: Implementation) -> None:
    vectors = random_vectors(200, DIMENSIONS, seed=6)
    index = implementation.filled(vectors)
    index.add(np.array([300, 300]), np.array([0, 1], np.int32), vectors[:2])
    index.remove(np.array([7]))

    found = index.vectors(np.array([150, 300, 7, 999, 0, 150]))

    assert found.shape == (6, DIMENSIONS)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[[0, 4, 5]], vectors[[150, 0, 150]])
    assert np.isnan(found[[1, 2, 3]]).all()


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_among_the_allowed_alone(implementation: Implementation, share: float) -> None:
    vectors = random_vectors(600, DIMENSIONS, seed=3)
    index, oracle = implementation.filled(vectors), oracle_of(vectors)
    allowed = np.flatnonzero(np.random.default_rng(4).random(600) < share)
    found = 0

    for query in random_vectors(20, DIMENSIONS, seed=5):
        leg = index.search(query, 5, allowed=Selection.of(allowed))
        assert np.isin(leg.ordinals, allowed).all()
        assert_same(leg, oracle.score(query, leg.ordinals))
        found += len(
            np.intersect1d(
                leg.ordinals, oracle.search(query, 5, allowed=Selection.of(allowed)).ordinals
            )
        )

    assert found >= implementation.min_recall * 100


def test_allowed_ordinals_that_are_not_there_are_ignored(implementation: Implementation) -> None:
    vectors = random_vectors(200, DIMENSIONS, seed=6)
    index = implementation.filled(vectors)

    leg = index.search(vectors[7], 10, allowed=Selection.of(np.array([-5, 7, 900])))
    none = index.search(vectors[7], 10, allowed=Selection.of(np.array([], np.int64)))

    assert leg.ordinals.tolist() == [7]
    assert none.ordinals.tolist() == []


@pytest.mark.parametrize("k", [0, 1, 23, 24, 25, 300, 1000])
def test_ties_go_by_ordinal_at_the_border_too(implementation: Implementation, k: int) -> None:
    vectors = np.tile(exact_vectors(), (20, 1))
    index, oracle = implementation.filled(vectors), oracle_of(vectors)

    for query in exact_vectors()[::5]:
        leg, best = index.search(query, k), oracle.search(query, k)
        if implementation.min_recall < 1:
            # Of more equals than there are candidates it may find others, in their order.
            best = oracle.score(query, leg.ordinals[np.lexsort((leg.ordinals, -leg.scores))])
        assert len(leg.ordinals) == max(0, min(k, len(vectors)))
        assert_same(leg, best)


def test_equal_vectors_all_come_in_order(implementation: Implementation) -> None:
    vectors = np.tile(random_vectors(1, DIMENSIONS, seed=7), (300, 1))
    index = implementation.filled(vectors)

    leg = index.search(vectors[0], 40)

    assert leg.ordinals.tolist() == list(range(40))
    assert len(set(leg.scores.tolist())) == 1


def test_vectors_a_rounding_apart_are_told_apart(implementation: Implementation) -> None:
    vectors = np.tile(random_vectors(1, DIMENSIONS, seed=20), (300, 1))
    noise = np.random.default_rng(21).standard_normal(vectors.shape)
    vectors = (vectors + 1e-4 * noise).astype(np.float16).astype(np.float32)
    index, oracle = implementation.filled(vectors), oracle_of(vectors)
    query = random_vectors(1, DIMENSIONS, seed=22)[0]

    leg = index.search(query, 40)

    assert_same(leg, oracle.search(query, 40))


def test_an_ordinal_is_as_good_as_its_best_part(implementation: Implementation) -> None:
    vectors = random_vectors(600, DIMENSIONS, seed=8)
    ordinals, parts = np.repeat(np.arange(200), 3), np.tile(np.arange(3, dtype=np.int32), 200)
    index, oracle = implementation.make(DIMENSIONS), ExactIndex(dimensions=DIMENSIONS)
    for each in (index, oracle):
        each.add(ordinals, parts, vectors)
    settle(index)

    query = vectors[100]

    assert len(index) == 200
    assert index.search(query, 1).parts.tolist() == [1]
    assert_same(index.search(query, 200), oracle.search(query, 200))
    assert len(np.unique(index.search(query, 30).ordinals)) == 30


def test_what_is_removed_is_gone_at_once(implementation: Implementation) -> None:
    vectors = random_vectors(600, DIMENSIONS, seed=9)
    index = implementation.filled(vectors)

    for ordinal in range(0, 600, 7):
        index.remove(np.array([ordinal, 10_000]))
        assert ordinal not in index.search(vectors[ordinal], 5).ordinals
        assert np.isnan(index.score(vectors[ordinal], np.array([ordinal])).scores).all()
    index.remove(np.arange(0, 600, 7))

    assert len(index) == 600 - len(range(0, 600, 7))


@pytest.mark.parametrize("allowed", [[3], [2, 3, 4], list(range(600))])
def test_what_is_removed_is_not_allowed_back(
    implementation: Implementation, allowed: list[int]
) -> None:
    vectors = random_vectors(600, DIMENSIONS, seed=23)
    index = implementation.filled(vectors)
    index.remove(np.array([3]))

    leg = index.search(vectors[3], 10, allowed=Selection.of(np.array(allowed)))

    assert len(leg.ordinals) == min(10, len(allowed) - 1)
    assert 3 not in leg.ordinals


def test_all_removed_is_empty(implementation: Implementation) -> None:
    vectors = random_vectors(300, DIMENSIONS, seed=10)
    index = implementation.filled(vectors)

    index.remove(np.arange(300))
    before = index.search(vectors[0], 10)
    settle(index)
    after = index.search(vectors[0], 10)

    assert (len(index), len(before.ordinals), len(after.ordinals)) == (0, 0, 0)


def test_scores_come_in_the_order_asked(implementation: Implementation) -> None:
    vectors = random_vectors(300, DIMENSIONS, seed=11)
    index, oracle = implementation.filled(vectors), oracle_of(vectors)
    asked = np.array([299, 5, 1_000, 0, 5, 42])

    leg = index.score(vectors[5], asked)

    assert_same(leg, oracle.score(vectors[5], asked))
    assert np.isnan(leg.scores[2])
    assert leg.parts[2] == -1


def test_a_score_does_not_depend_on_how_it_was_found(implementation: Implementation) -> None:
    vectors = random_vectors(600, DIMENSIONS, seed=12)
    index = implementation.filled(vectors)

    for query in random_vectors(10, DIMENSIONS, seed=13):
        leg = index.search(query, 20)
        np.testing.assert_array_equal(leg.scores, index.score(query, leg.ordinals).scores)


def test_older_ordinals_may_be_added_later(implementation: Implementation) -> None:
    vectors = random_vectors(400, DIMENSIONS, seed=14)
    index, oracle = implementation.make(DIMENSIONS), oracle_of(vectors)
    for start in (300, 100, 0, 200):
        add(index, np.arange(start, start + 100)[::-1], vectors[start : start + 100][::-1])

    leg = index.search(vectors[0], 400)

    assert_same(leg, oracle.search(vectors[0], 400))


def test_searches_beside_adds_and_removals_never_show_what_was_removed(
    implementation: Implementation,
) -> None:
    vectors = random_vectors(2_000, DIMENSIONS, seed=15)
    index, removed, faults = implementation.make(DIMENSIONS), set[int](), list[int]()
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            gone = removed.copy()
            leg = index.search(vectors[0], 50)
            faults.extend(gone.intersection(leg.ordinals.tolist()))

    readers = [threading.Thread(target=search) for _ in range(2)]
    for reader in readers:
        reader.start()
    for start in range(0, 2_000, 40):
        add(index, np.arange(start, start + 40), vectors[start : start + 40])
        index.remove(np.arange(start, start + 10))
        removed.update(range(start, start + 10))
        settle(index)
    done.set()
    for reader in readers:
        reader.join()

    assert faults == []
    assert len(index) == 1_500
