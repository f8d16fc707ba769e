"""Adding, removing, sealing, saving, restarting, killing in any order, against exact oracles."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from memory_service.index.vectors import snapshot
from memory_service.index.vectors.halves import halved
from memory_service.index.vectors.limits import IndexLimits
from memory_service.index.vectors.places import Places
from memory_service.index.vectors.snapshot import SnapshotExpectation, SnapshotInfo
from memory_service.index.vectors.vector_indexes import VectorIndexes
from memory_service.model.selection import Selection
from tests.contracts.test_vector_index import assert_same
from tests.support.exact_index import ExactIndex
from tests.support.vectors import exact_vectors

if TYPE_CHECKING:
    from memory_service.index.vectors.faiss_index import FaissIndex
    from memory_service.index.vectors.halves import Halves
    from memory_service.model.read import DenseLeg, Ordinals, Parts

VECTORS = exact_vectors()
DIMENSIONS = VECTORS.shape[1]
INFO = SnapshotInfo(watermark=1, chain="", fingerprint="f", cluster_id="c")
EXPECT = SnapshotExpectation(newest=1, fingerprint="f", cluster_id="c", dimensions=DIMENSIONS)
NAMESPACES = (1, 2)

namespaces = st.sampled_from(NAMESPACES)
chosen_vectors = st.lists(st.integers(0, len(VECTORS) - 1), min_size=1, max_size=3)
places = st.integers(0, 40)


class Told:
    """What the indexes were told, and every ordinal they ever had."""

    def __init__(self) -> None:
        self.oracles = {number: ExactIndex(dimensions=DIMENSIONS) for number in NAMESPACES}
        self.used: set[int] = set()

    def copied(self) -> Told:
        copy = Told()
        for number, oracle in self.oracles.items():
            copy.oracles[number] = oracle.copied()
        copy.used = set(self.used)
        return copy


class IndexMachine(RuleBasedStateMachine):
    """Limits so small that every way of keeping vectors is soon in use."""

    limits = IndexLimits(exact=12, flat=24, growing=4, gathered=2, least_candidates=100)
    #: Whether so many candidates are scored that nothing can be missed.
    misses_nothing = True

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.told = Told()
        self.indexes = VectorIndexes.begun(
            Path(self.folder.name), dimensions=DIMENSIONS, limits=self.limits, matrix_bytes=1_000
        )
        self.save()

    def teardown(self) -> None:
        self.indexes.close()
        self.folder.cleanup()

    def index(self, number: int) -> FaissIndex:
        found = self.indexes.index(number)
        assert found is not None
        return found

    @rule(
        number=namespaces,
        entries=st.dictionaries(places, chosen_vectors, min_size=1, max_size=6),
    )
    def add(self, number: int, entries: dict[int, list[int]]) -> None:
        fresh = {100 * number + key: entries[key] for key in entries}
        fresh = {key: fresh[key] for key in fresh if key not in self.told.used}
        self.told.used.update(fresh)
        keys = np.array([key for key, chosen in fresh.items() for _ in chosen], np.int64)
        parts = np.array([part for chosen in fresh.values() for part in range(len(chosen))])
        rows = [row for chosen in fresh.values() for row in chosen]
        vectors = VECTORS[np.array(rows, np.intp)]
        self.told.oracles[number].add(keys, parts.astype(np.int32), vectors)
        written = self.indexes.append(halved(vectors))
        self.index(number).take(Places.of_columns(keys, parts.astype(np.int32), written))

    @rule(number=namespaces, gone=st.lists(places, max_size=12))
    def remove(self, number: int, gone: list[int]) -> None:
        ordinals = np.array([100 * number + key for key in gone], np.int64)
        self.index(number).remove(ordinals)
        self.told.oracles[number].remove(ordinals)

    @rule(number=namespaces)
    def maintain(self, number: int) -> None:
        self.indexes.maintain(number)

    @rule()
    def save(self) -> None:
        self.indexes.save(INFO)
        self.saved = self.told.copied()

    @rule()
    def restart(self) -> None:
        self.save()
        self.reopen()

    @rule(harm=st.booleans())
    def kill(self, *, harm: bool) -> None:
        """What was not saved is gone; what was is mended where it is damaged."""
        if harm:
            for file in Path(self.folder.name).glob("vectors.*"):
                content = file.read_bytes()
                file.write_bytes(content[: len(content) // 2] + bytes(-(-len(content) // 2)))
                file.write_bytes(bytes([255]) * 3 + file.read_bytes()[3:])
        self.told = self.saved.copied()
        self.reopen()

    def reopen(self) -> None:
        self.indexes.close()
        folder, truth = Path(self.folder.name), self.saved.copied()

        def fetch(ordinals: Ordinals, parts: Parts) -> Halves:
            return halved(
                np.stack(
                    [
                        truth.oracles[ordinal // 100].vector(ordinal, part)
                        for ordinal, part in zip(ordinals.tolist(), parts.tolist(), strict=True)
                    ]
                )
            )

        found = snapshot.read(folder, EXPECT)
        self.indexes = VectorIndexes.taken_up(
            folder, found, fetch, limits=self.limits, matrix_bytes=1_000
        )

    @rule(number=namespaces, query=st.integers(0, len(VECTORS) - 1), k=st.integers(0, 70))
    def search(self, number: int, query: int, k: int) -> None:
        found = self.index(number).search(VECTORS[query], k)
        self.check(number, query, found, self.told.oracles[number].search(VECTORS[query], k))

    @rule(
        number=namespaces,
        query=st.integers(0, len(VECTORS) - 1),
        k=st.integers(1, 9),
        among=st.sets(places),
    )
    def search_among(self, number: int, query: int, k: int, among: set[int]) -> None:
        allowed = Selection.of(np.array(sorted(100 * number + key for key in among), np.int64))
        found = self.index(number).search(VECTORS[query], k, allowed=allowed)
        best = self.told.oracles[number].search(VECTORS[query], k, allowed=allowed)
        assert allowed.contains(found.ordinals).all()
        self.check(number, query, found, best)

    def check(self, number: int, query: int, found: DenseLeg, best: DenseLeg) -> None:
        if self.misses_nothing:
            assert_same(found, best)
            return
        order = np.lexsort((found.ordinals, -found.scores))
        exact = self.told.oracles[number].score(VECTORS[query], found.ordinals[order])
        assert_same(found, exact)
        assert len(found.ordinals) == len(best.ordinals)

    @rule(number=namespaces, query=st.integers(0, len(VECTORS) - 1), asked=st.lists(places))
    def score(self, number: int, query: int, asked: list[int]) -> None:
        vector = VECTORS[query]
        wanted = np.array([100 * number + key for key in asked], np.int64)
        expected = self.told.oracles[number].score(vector, wanted)
        assert_same(self.index(number).score(vector, wanted), expected)

    @rule(number=namespaces, asked=st.lists(places))
    def ask_for_vectors(self, number: int, asked: list[int]) -> None:
        wanted = np.array([100 * number + key for key in asked], np.int64)
        expected = self.told.oracles[number].vectors(wanted)
        np.testing.assert_array_equal(self.index(number).vectors(wanted), expected)

    @invariant()
    def counts_agree(self) -> None:
        for number in NAMESPACES:
            assert len(self.index(number)) == len(self.told.oracles[number])


class FewCandidatesMachine(IndexMachine):
    """The same where the codes decide what is looked at."""

    limits = IndexLimits(exact=12, flat=24, growing=4, gathered=2, least_candidates=2, candidates=1)
    misses_nothing = False


IndexMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
FewCandidatesMachine.TestCase.settings = IndexMachine.TestCase.settings
TestIndexMachine = IndexMachine.TestCase
TestFewCandidatesMachine = FewCandidatesMachine.TestCase
