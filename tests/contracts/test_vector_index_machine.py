"""Adding, removing, maintaining, saving and loading in any order, against an exact oracle."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from memory_service.index.faiss_index import FaissIndex, load
from memory_service.index.snapshot import SnapshotExpectation, SnapshotInfo
from tests.contracts.test_vector_index import assert_same
from tests.support.exact_index import ExactIndex
from tests.support.vectors import exact_vectors

VECTORS = exact_vectors()
DIMENSIONS = VECTORS.shape[1]

chosen_vectors = st.lists(st.integers(0, len(VECTORS) - 1), min_size=1, max_size=3)
ordinals = st.integers(0, 30)


class IndexMachine(RuleBasedStateMachine):
    """An index with limits so small that every way of keeping vectors is soon in use."""

    def __init__(self) -> None:
        super().__init__()
        self.index = FaissIndex(dimensions=DIMENSIONS, exact_limit=12, growing_limit=4)
        self.oracle = ExactIndex(dimensions=DIMENSIONS)
        self.used: set[int] = set()

    @rule(entries=st.dictionaries(ordinals, chosen_vectors, min_size=1, max_size=6))
    def add(self, entries: dict[int, list[int]]) -> None:
        fresh = {key: entries[key] for key in entries if key not in self.used}
        self.used.update(fresh)
        keys = np.array([key for key, chosen in fresh.items() for _ in chosen], np.int64)
        parts = np.array([part for chosen in fresh.values() for part in range(len(chosen))])
        rows = [row for chosen in fresh.values() for row in chosen]
        vectors = VECTORS[np.array(rows, np.intp)]
        for each in (self.index, self.oracle):
            each.add(keys, parts.astype(np.int32), vectors)

    @rule(gone=st.lists(ordinals, max_size=8))
    def remove(self, gone: list[int]) -> None:
        for each in (self.index, self.oracle):
            each.remove(np.array(gone, np.int64))

    @rule()
    def maintain(self) -> None:
        self.index.maintain()

    @rule()
    def save_and_load(self) -> None:
        expect = SnapshotExpectation(
            newest=1, fingerprint="f", cluster_id="c", dimensions=DIMENSIONS
        )
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.index.save(
                folder, SnapshotInfo(watermark=1, chain="", fingerprint="f", cluster_id="c")
            )
            self.index = load(folder, expect=expect, exact_limit=12).index

    @rule(query=st.integers(0, len(VECTORS) - 1), k=st.integers(0, 70))
    def search(self, query: int, k: int) -> None:
        vector = VECTORS[query]
        assert_same(self.index.search(vector, k), self.oracle.search(vector, k))

    @rule(query=st.integers(0, len(VECTORS) - 1), k=st.integers(1, 9), among=st.sets(ordinals))
    def search_among(self, query: int, k: int, among: set[int]) -> None:
        vector, allowed = VECTORS[query], np.array(sorted(among), np.int64)
        leg = self.index.search(vector, k, allowed=allowed)
        assert_same(leg, self.oracle.search(vector, k, allowed=allowed))

    @rule(query=st.integers(0, len(VECTORS) - 1), asked=st.lists(ordinals))
    def score(self, query: int, asked: list[int]) -> None:
        vector, wanted = VECTORS[query], np.array(asked, np.int64)
        assert_same(self.index.score(vector, wanted), self.oracle.score(vector, wanted))

    @rule(asked=st.lists(ordinals))
    def ask_for_vectors(self, asked: list[int]) -> None:
        wanted = np.array(asked, np.int64)
        np.testing.assert_array_equal(self.index.vectors(wanted), self.oracle.vectors(wanted))

    @invariant()
    def counts_agree(self) -> None:
        assert len(self.index) == len(self.oracle)


IndexMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
TestIndexMachine = IndexMachine.TestCase
