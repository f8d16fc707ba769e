"""What FaissIndex promises beyond the contract: limits, maintenance, refusals."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from memory_service.errors import NotFiniteError
from memory_service.index.faiss_index import FaissIndex
from tests.support.exact_index import ExactIndex
from tests.support.vectors import random_vectors

DIMENSIONS = 16


def filled(count: int, *, exact_limit: int = 50_000, growing_limit: int = 20) -> FaissIndex:
    index = FaissIndex(dimensions=DIMENSIONS, exact_limit=exact_limit, growing_limit=growing_limit)
    vectors = random_vectors(count, DIMENSIONS, seed=1)
    index.add(np.arange(count), np.zeros(count, np.int32), vectors)
    return index


def test_maintain_does_nothing_when_nothing_is_due() -> None:
    index = filled(500, exact_limit=100)

    first, second = index.maintain(), index.maintain()

    assert (first, second) == (True, False)


def test_a_tenth_removed_is_due() -> None:
    index = filled(500)

    index.remove(np.arange(50))
    at_the_share = index.maintain()
    index.remove(np.arange(51))
    above_it = index.maintain()

    assert (at_the_share, above_it) == (False, True)
    assert len(index) == 449


def test_an_ordinal_is_added_once() -> None:
    index = filled(5)
    vectors = random_vectors(2, DIMENSIONS, seed=2)

    with pytest.raises(ValueError, match="added before"):
        index.add(np.array([7, 4]), np.zeros(2, np.int32), vectors)

    assert len(index) == 5
    assert np.isnan(index.score(vectors[0], np.array([7])).scores[0])


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_refused(wrong: float) -> None:
    index = filled(5)
    vectors = random_vectors(1, DIMENSIONS, seed=2)
    vectors[0, 3] = wrong

    with pytest.raises(NotFiniteError):
        index.add(np.array([9]), np.zeros(1, np.int32), vectors)

    assert len(index) == 5


def test_shapes_that_do_not_fit_are_refused() -> None:
    index = filled(5)
    vectors = random_vectors(2, DIMENSIONS + 1, seed=2)

    with pytest.raises(ValueError, match="16 dimensions"):
        index.add(np.array([8, 9]), np.zeros(2, np.int32), vectors)
    with pytest.raises(ValueError, match=r"\(16,\) is wanted"):
        index.search(vectors[0], 3)


def test_adding_nothing_changes_nothing() -> None:
    index = filled(0)

    index.add(np.empty(0, np.int64), np.empty(0, np.int32), np.empty((0, DIMENSIONS), np.float32))

    assert len(index) == 0


@pytest.mark.parametrize("exact_limit", [100, 50_000])
def test_what_comes_and_goes_during_maintenance_is_kept_so(exact_limit: int) -> None:
    vectors = random_vectors(3_000, DIMENSIONS, seed=3)
    index = FaissIndex(dimensions=DIMENSIONS, exact_limit=exact_limit, growing_limit=30)
    oracle = ExactIndex(dimensions=DIMENSIONS)
    done = threading.Event()

    def maintain() -> None:
        while not done.is_set():
            index.maintain()

    keeper = threading.Thread(target=maintain)
    keeper.start()
    for start in range(0, 3_000, 30):
        for each in (index, oracle):
            added = np.arange(start, start + 30)
            each.add(added, np.zeros(30, np.int32), vectors[added])
            each.remove(np.array([start, start // 2, start + 29]))
    done.set()
    keeper.join()

    expected = oracle.search(vectors[5], 3_000)
    found = index.search(vectors[5], 3_000)
    assert len(index) == len(oracle)
    np.testing.assert_array_equal(found.ordinals, expected.ordinals)
