"""The vector index of one namespace: a sealed part under FAISS, a growing part, tombstones.

Readers take one immutable `IndexState` by reference and need no lock.  Writers make the next
one under a lock.  What takes long (an index over codes) is built outside the lock from the state
at hand and then joined with what has come and gone since.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from memory_service.errors import NotFiniteError
from memory_service.index.vectors.alignment import Alignment
from memory_service.index.vectors.gathered import rising
from memory_service.index.vectors.growing import Growing
from memory_service.index.vectors.halves import halved
from memory_service.index.vectors.part import Part
from memory_service.index.vectors.places import Places, distinct, starts
from memory_service.index.vectors.sealing import Sealing, is_due
from memory_service.index.vectors.state import IndexState

if TYPE_CHECKING:
    from memory_service.index.vectors.sealed import Sealed
    from memory_service.index.vectors.state import Shared
    from memory_service.model.read import DenseLeg, Flags, Ordinals, Parts
    from memory_service.model.selection import Selection
    from memory_service.protocols import Vector, Vectors


class FaissIndex:
    """Finds the nearest vectors: exactly while they are few, by their codes above.

    Vectors are kept at 16 bits, in a file that indexes share.  Scores are exact in either case:
    what codes may miss is an entry, never its score.

    Args:
        shared: The file, the switch points and the memory that the indexes of a store share.
        places: What is in it already, alive.
        sealed: An index over some of these, and over others that were removed since.
    """

    def __init__(
        self, shared: Shared, *, places: Places | None = None, sealed: Sealed | None = None
    ) -> None:
        self._shared = shared
        self._writing = threading.Lock()
        self._maintaining = threading.Lock()
        self._state, self._growing = _begun(shared, places or Places.empty(), sealed)

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self._shared.file.dimensions

    @property
    def sealed(self) -> Sealed | None:
        """What is under FAISS."""
        return self._state.sealed

    @property
    def is_due(self) -> bool:
        """Whether there is something for `maintain` to do."""
        return is_due(self._state)

    def __len__(self) -> int:
        return self._state.alive

    def add(self, ordinals: Ordinals, parts: Parts, vectors: Vectors) -> None:
        """Add unit vectors; the rows of one ordinal must come in one call, and only once.

        What does not fit into 16 bits is rounded.

        Raises:
            ValueError: If the shapes do not fit, or an ordinal was added before.
            NotFiniteError: If a vector holds NaN or infinity.
        """
        if vectors.shape != (len(ordinals), self.dimensions) or len(parts) != len(ordinals):
            raise ValueError(
                f"{len(ordinals)} ordinals and {len(parts)} parts do not fit vectors of shape "
                f"{vectors.shape}; {self.dimensions} dimensions are wanted"
            )
        if not np.isfinite(vectors).all():
            raise NotFiniteError("a vector holds NaN or infinity; the embedder is at fault")
        self._check_new(ordinals)
        order = np.lexsort((parts, ordinals))
        rows = self._shared.file.append(halved(vectors[order]))
        self.take(
            Places.of_columns(
                np.asarray(ordinals, np.int64)[order],
                np.asarray(parts, np.int32)[order],
                rows,
            )
        )

    def take(self, places: Places) -> None:
        """Add places whose vectors are in the file already.

        Raises:
            ValueError: If an ordinal was added before.
        """
        if not len(places):
            return
        with self._writing:
            self._check_new(places.ordinals)
            self._growing.append(places)
            self._state = replace(
                self._state,
                fresh=self._state.fresh.grown(self._growing.view()),
                alive=self._state.alive + _count(places.ordinals),
            )

    def remove(self, ordinals: Ordinals) -> None:
        """Take these out, at once invisible; unknown ones are ignored."""
        asked = distinct(np.asarray(ordinals, np.int64))
        with self._writing:
            old, fresh = self._state.parts()
            from_old, from_fresh = old.of(asked), fresh.of(asked)
            gone = _count(old.places.ordinals[from_old])
            gone += _count(fresh.places.ordinals[from_fresh])
            if gone:
                self._state = replace(
                    self._state,
                    old=old.without(from_old),
                    fresh=fresh.without(from_fresh),
                    alive=self._state.alive - gone,
                )

    def search(self, query: Vector, k: int, *, allowed: Selection | None = None) -> DenseLeg:
        """The *k* best ordinals by falling score, ties by ordinal; all if there are fewer.

        Args:
            query: A unit vector.
            k: How many; none for 0 or less.
            allowed: What may come out; all if `None`.
        """
        checked = self._checked_query(query)
        with self._shared.file.readers.reading():
            return self._state.search(checked, k, allowed)

    def score(self, query: Vector, ordinals: Ordinals) -> DenseLeg:
        """The exact scores of these in their order, with their vectors as `vectors` gives them.

        NaN and part -1 for one without vectors.
        """
        checked = self._checked_query(query)
        asked, places = rising(np.asarray(ordinals, np.int64))
        with self._shared.file.readers.reading():
            leg = self._state.gathered(asked).scored(checked)
        return leg if places is None else leg.of(places)

    def vectors(self, ordinals: Ordinals) -> Vectors:
        """The vectors of these in their order; a row of NaN for one without any, or with several.

        The shape is `(len(ordinals), dimensions)`.
        """
        asked, places = rising(np.asarray(ordinals, np.int64))
        with self._shared.file.readers.reading():
            vectors = self._state.gathered(asked).single()
        return vectors if places is None else vectors[places]

    def live_places(self) -> Places:
        """All that a search may find."""
        return self._state.live_places()

    def maintain(self) -> bool:
        """Seal the growing part, make or leave the index over codes, drop tombstones, if due.

        Searches, adds and removals go on meanwhile.

        Returns:
            Whether something was done.

        Raises:
            OSError: If the vectors cannot be read.
        """
        with self._maintaining:
            if not self.is_due:
                return False
            with self._shared.file.readers.reading():
                sealing = Sealing.of(self._state)
                sealed = sealing.build()
            with self._writing:
                before = self._state.matrix
                self._state, self._growing = sealing.after(self._state, sealed)
            self._shared.matrices.forget(before)
            return True

    def _check_new(self, ordinals: Ordinals) -> None:
        if self._state.holds(distinct(ordinals)).any():
            raise ValueError("an ordinal was added before; a removed one is not free either")

    def _checked_query(self, query: Vector) -> Vector:
        if query.shape != (self.dimensions,):
            raise ValueError(f"a query of shape {query.shape}; ({self.dimensions},) is wanted")
        return np.ascontiguousarray(query, np.float32)


def _begun(shared: Shared, places: Places, sealed: Sealed | None) -> tuple[IndexState, Growing]:
    """The places, as far as they are not sealed, and the sealed ones, alive if they are there."""
    old, fresh = Part.of_live(Places.empty()), places
    if sealed is not None:
        there = _still_there(sealed.places, places)
        old = Part(places=sealed.places, alive=there, alignment=Alignment())
        beside = ~np.isin(places.rows, sealed.places.rows[there], assume_unique=True)
        fresh = places.take(np.flatnonzero(beside))
    growing = Growing(fresh)
    state = IndexState(
        shared=shared,
        sealed=sealed,
        old=old,
        fresh=Part.of_live(fresh),
        matrix=growing.matrix,
        alive=_count(places.ordinals),
    )
    return state, growing


def _still_there(sealed: Places, places: Places) -> Flags:
    """Which of the sealed places are among these; a row may have been given to another since."""
    if not len(places):
        return np.zeros(len(sealed), np.bool_)
    order = np.argsort(places.rows)
    found = order[np.searchsorted(places.rows[order], sealed.rows).clip(max=len(order) - 1)]
    same = places.ordinals[found] == sealed.ordinals
    there: Flags = (places.rows[found] == sealed.rows) & same
    return there


def _count(ordinals: Ordinals) -> int:
    """How many there are; equal ones lie beside each other."""
    return len(starts(ordinals))
