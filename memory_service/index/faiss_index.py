"""The vector index of one namespace: a sealed part under FAISS, a growing part, tombstones.

Readers take one immutable `IndexState` by reference and need no lock.  Writers make the next
one under a lock.  What takes long (a graph, a compaction) is built outside the lock from the
state at hand and then joined with what has come and gone since.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from memory_service.errors import NotFiniteError
from memory_service.index import snapshot
from memory_service.index.growing import Growing
from memory_service.index.rows import Rows
from memory_service.index.sealed import Sealed
from memory_service.index.state import IndexState

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.index.snapshot import SnapshotExpectation, SnapshotInfo
    from memory_service.model.read import DenseLeg, Ordinals, Parts
    from memory_service.protocols import Vector, Vectors

#: Up to so many vectors a search looks at all of them.
EXACT_LIMIT = 50_000
#: So many vectors may wait beside a sealed part before they are sealed with it.
GROWING_LIMIT = 8_192

_GROWING_SHARE = 0.25
_DEAD_SHARE = 0.1


class FaissIndex:
    """Finds the nearest vectors: exactly up to *exact_limit* of them, by a graph above.

    Scores are exact in either case: what a graph may miss is an entry, never its score.

    Args:
        dimensions: Length of every vector.
        exact_limit: Up to how many vectors a search looks at all of them.
        growing_limit: How many vectors may wait unsealed.
    """

    def __init__(
        self,
        *,
        dimensions: int,
        exact_limit: int = EXACT_LIMIT,
        growing_limit: int = GROWING_LIMIT,
    ) -> None:
        self._dimensions = dimensions
        self._exact_limit = exact_limit
        self._growing_limit = growing_limit
        self._writing = threading.Lock()
        self._maintaining = threading.Lock()
        self._saving = threading.Lock()
        nothing = Rows.empty(dimensions)
        self._growing = Growing(nothing)
        self._state = _begun(Sealed.build(nothing, exact=True), nothing)

    @classmethod
    def restored(
        cls, contents: snapshot.SnapshotContents, *, exact_limit: int = EXACT_LIMIT
    ) -> Self:
        """An index over what a snapshot held."""
        sealed, growing = contents.sealed, contents.growing
        index = cls(dimensions=growing.vectors.shape[1], exact_limit=exact_limit)
        index._growing = Growing(growing)
        index._state = _begun(sealed, growing)
        return index

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self._dimensions

    def __len__(self) -> int:
        return self._state.alive

    def add(self, ordinals: Ordinals, parts: Parts, vectors: Vectors) -> None:
        """Add unit vectors; the rows of one ordinal must come in one call, and only once.

        Raises:
            ValueError: If the shapes do not fit, or an ordinal was added before.
            NotFiniteError: If a vector holds NaN or infinity.
        """
        rows = self._sorted_rows(ordinals, parts, vectors)
        distinct = np.unique(rows.ordinals)
        with self._writing:
            state = self._state
            if state.holds(distinct).any():
                raise ValueError("an ordinal was added before; a removed one is not free either")
            self._growing.append(rows)
            self._state = replace(
                state, growing=self._growing.view(), alive=state.alive + len(distinct)
            )
            if self._is_full_and_flat():
                self._swap(Sealed.build(self._state.live_rows(), exact=True))

    def remove(self, ordinals: Ordinals) -> None:
        """Take these out, at once invisible; unknown ones are ignored."""
        with self._writing:
            state = self._state
            asked = np.setdiff1d(np.asarray(ordinals, np.int64), state.dead)
            known = asked[state.holds(asked)]
            self._state = replace(
                state, dead=np.union1d(state.dead, known), alive=state.alive - len(known)
            )

    def search(self, query: Vector, k: int, *, allowed: Ordinals | None = None) -> DenseLeg:
        """The *k* best ordinals by falling score, ties by ordinal; all if there are fewer.

        Args:
            query: A unit vector.
            k: How many; none for 0 or less.
            allowed: Sorted, distinct ordinals to look among; all if `None`.
        """
        return self._state.search(self._checked_query(query), k, allowed)

    def score(self, query: Vector, ordinals: Ordinals) -> DenseLeg:
        """The exact scores of these, in their order; NaN and part -1 for one without vectors."""
        return self._state.score(self._checked_query(query), np.asarray(ordinals, np.int64))

    def vectors(self, ordinals: Ordinals) -> Vectors:
        """The vectors of these in their order; a row of NaN for one without any, or with several.

        The shape is `(len(ordinals), dimensions)`.
        """
        return self._state.vectors(np.asarray(ordinals, np.int64))

    def maintain(self) -> bool:
        """Seal the growing part, build or leave the graph, drop tombstones, as far as due.

        Searches, adds and removals go on meanwhile.

        Returns:
            Whether something was done.
        """
        with self._maintaining:
            state = self._state
            if not self._is_due(state):
                return False
            rows = state.live_rows()
            sealed = Sealed.build(rows, exact=len(rows) <= self._exact_limit)
            with self._writing:
                self._swap(sealed)
            return True

    def save(self, folder: Path, info: SnapshotInfo) -> None:
        """Write a snapshot of the index as it is when the call begins.

        Removed ordinals are not in it.  A graph with removed rows is saved as its live vectors
        alone; the next `maintain` after loading builds it anew.  Searches, adds and removals go
        on meanwhile.

        Raises:
            StorageError: If it cannot be written; the snapshot before stays.
        """
        with self._saving:
            snapshot.write(folder, self._state, info)

    def _is_due(self, state: IndexState) -> bool:
        waiting = max(self._growing_limit, _GROWING_SHARE * len(state.sealed.rows))
        return (
            len(state.growing) > waiting
            or (state.sealed.exact and state.row_count() > self._exact_limit)
            or len(state.dead) > _DEAD_SHARE * state.row_count()
        )

    def _is_full_and_flat(self) -> bool:
        """Whether the growing part is full, and sealing it is a mere copy."""
        state = self._state
        full = len(state.growing) > self._growing_limit
        return full and state.row_count() <= self._exact_limit

    def _swap(self, sealed: Sealed) -> None:
        """Let *sealed* stand for the rows it holds; what came or went since stays so."""
        state, covered = self._state, sealed.rows.ordinals
        fresh = state.live_rows(beside=sealed.rows)
        gone = covered[~state.is_alive(covered)]
        self._growing = Growing(fresh)
        self._state = IndexState(
            sealed=sealed, growing=fresh, dead=np.unique(gone), alive=state.alive
        )

    def _sorted_rows(self, ordinals: Ordinals, parts: Parts, vectors: Vectors) -> Rows:
        if vectors.shape != (len(ordinals), self._dimensions) or len(parts) != len(ordinals):
            raise ValueError(
                f"{len(ordinals)} ordinals and {len(parts)} parts do not fit vectors of shape "
                f"{vectors.shape}; {self._dimensions} dimensions are wanted"
            )
        if not np.isfinite(vectors).all():
            raise NotFiniteError("a vector holds NaN or infinity; the embedder is at fault")
        order = np.lexsort((parts, ordinals))
        return Rows(
            ordinals=np.asarray(ordinals, np.int64)[order],
            parts=np.asarray(parts, np.int32)[order],
            vectors=np.asarray(vectors, np.float32)[order],
        )

    def _checked_query(self, query: Vector) -> Vector:
        if query.shape != (self._dimensions,):
            raise ValueError(f"a query of shape {query.shape}; ({self._dimensions},) is wanted")
        return np.ascontiguousarray(query, np.float32)


def _begun(sealed: Sealed, growing: Rows) -> IndexState:
    """These parts with nothing removed."""
    return IndexState(
        sealed=sealed,
        growing=growing,
        dead=np.empty(0, np.int64),
        alive=sealed.ordinal_count + len(np.unique(growing.ordinals)),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedIndex:
    """An index from a snapshot, the seq up to which it has seen the changes, and their chain.

    Whether the store's chain is the same at that seq is for the caller to check.
    """

    index: FaissIndex
    watermark: int
    chain: str


def load(
    folder: Path, *, expect: SnapshotExpectation, exact_limit: int = EXACT_LIMIT
) -> LoadedIndex:
    """Take up a snapshot, if it is whole and belongs here.

    Raises:
        SnapshotUnusableError: If it is missing, damaged, foreign or newer than the store.
    """
    contents = snapshot.read(folder, expect)
    index = FaissIndex.restored(contents, exact_limit=exact_limit)
    return LoadedIndex(index=index, watermark=contents.watermark, chain=contents.chain)
