"""What FaissIndex promises beyond the contract: limits, maintenance, refusals."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.errors import NotFiniteError
from memory_service.index.vectors.limits import IndexLimits
from memory_service.model.selection import Selection
from tests.support.exact_index import ExactIndex
from tests.support.indexes import an_index
from tests.support.vectors import random_vectors, unit

if TYPE_CHECKING:
    from memory_service.index.vectors.faiss_index import FaissIndex

DIMENSIONS = 16


def filled(count: int, *, exact: int = 50_000, growing: int = 20) -> FaissIndex:
    index = an_index(DIMENSIONS, IndexLimits(exact=exact, growing=growing))
    vectors = random_vectors(count, DIMENSIONS, seed=1)
    index.add(np.arange(count), np.zeros(count, np.int32), vectors)
    return index


def test_maintain_does_nothing_when_nothing_is_due() -> None:
    index = filled(500, exact=100)

    first, second = index.maintain(), index.maintain()

    assert (first, second) == (True, False)


@pytest.mark.parametrize("exact", [100, 50_000])
def test_a_quarter_removed_is_due(exact: int) -> None:
    index = filled(500, exact=exact)
    index.maintain()

    index.remove(np.arange(125))
    at_the_share = index.maintain()
    index.remove(np.arange(126))
    above_it = index.maintain()

    assert (at_the_share, above_it) == (False, True)
    assert len(index) == 374


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


@pytest.mark.parametrize(("exact", "flat"), [(50_000, 50_000), (100, 50_000), (100, 500)])
def test_what_comes_and_goes_during_maintenance_is_kept_so(exact: int, flat: int) -> None:
    vectors = random_vectors(3_000, DIMENSIONS, seed=3)
    index = an_index(DIMENSIONS, IndexLimits(exact=exact, flat=flat, growing=30))
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


def test_it_grows_from_exact_to_one_list_to_many_and_back() -> None:
    index = an_index(DIMENSIONS, IndexLimits(exact=100, flat=400, growing=30))
    vectors = random_vectors(1_000, DIMENSIONS, seed=4)
    lists = []

    for start in range(0, 1_000, 50):
        added = np.arange(start, start + 50)
        index.add(added, np.zeros(50, np.int32), vectors[added])
        index.maintain()
        lists.append(index.sealed.lists if index.sealed else 0)
    index.remove(np.arange(950))
    index.maintain()

    assert lists[:2] == [0, 0]
    assert set(lists[2:8]) == {1}
    assert min(lists[8:]) > 1
    assert index.sealed is None
    assert index.search(vectors[970], 1).ordinals.tolist() == [970]


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1, 0.01])
def test_a_filter_loses_nothing_that_codes_would_find(share: float) -> None:
    """The best that pass are found as well as the best of all, however few pass."""
    topics = np.repeat(random_vectors(60, 64, seed=9), 100, axis=0)
    vectors = unit(topics + 0.8 * random_vectors(6_000, 64, seed=5))
    limits = IndexLimits(exact=100, flat=500, growing=30, gathered=100, least_candidates=1_000)
    index, oracle = an_index(64, limits), ExactIndex(dimensions=64)
    for each in (index, oracle):
        each.add(np.arange(6_000), np.zeros(6_000, np.int32), vectors)
    index.maintain()
    allowed = Selection.of(np.flatnonzero(np.random.default_rng(6).random(6_000) < share))
    found = 0

    for query in unit(topics[::300] + 0.8 * random_vectors(20, 64, seed=7)):
        leg = index.search(query, 10, allowed=allowed)
        best = oracle.search(query, 10, allowed=allowed)
        found += len(np.intersect1d(leg.ordinals, best.ordinals))

    assert found >= 0.98 * 200


def test_a_filter_far_from_the_query_is_searched_until_there_is_enough() -> None:
    """Where all that passes lies in lists that are looked at last."""
    vectors = random_vectors(4_000, DIMENSIONS, seed=8)
    vectors = vectors[np.argsort(vectors @ vectors[0])]
    index = an_index(DIMENSIONS, IndexLimits(exact=100, flat=500, growing=30, gathered=100))
    index.add(np.arange(4_000), np.zeros(4_000, np.int32), vectors)
    index.maintain()

    leg = index.search(vectors[-1], 50, allowed=Selection.of(np.arange(1_500)))

    assert len(leg.ordinals) == 50
    assert leg.ordinals.max() < 1_500
