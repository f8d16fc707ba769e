"""The vector indexes of a local backend: taken up at the start, then kept up.

They come from their snapshot and the rows that were written since; when the snapshot cannot be
used, from the rows alone.  Either way they hold exactly the stored vectors.
"""

from __future__ import annotations

import logging
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from memory_service.backends.vector_building import VectorBuilding
from memory_service.backends.vector_rows import (
    arrived_of,
    embedded,
    fetch_vectors,
    new_vectors,
)
from memory_service.durable import saving
from memory_service.failpoints import Failpoint, unarmed
from memory_service.index.manifest import SnapshotUnusableError
from memory_service.index.vectors import snapshot
from memory_service.index.vectors.places import Places
from memory_service.index.vectors.snapshot import SnapshotExpectation, SnapshotInfo
from memory_service.index.vectors.vector_indexes import VectorIndexes
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from memory_service.backends.vector_rows import Arrived
    from memory_service.failpoints import Reach
    from memory_service.index.vectors.faiss_index import FaissIndex
    from memory_service.index.vectors.halves import Halves
    from memory_service.index.vectors.limits import IndexLimits
    from memory_service.index.vectors.snapshot import Snapshot
    from memory_service.model.read import Ordinals, Parts
    from memory_service.store.connection import Database, Session
    from memory_service.store.records import Rows

_LOG = logging.getLogger(__name__)

#: Indexes of so many vectors wait for as many changes as this share of them to be saved.
_CHANGED_SHARE = 1 / 64


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSpace:
    """What vectors must be to be compared: of one embedder, of one length."""

    fingerprint: str
    dimensions: int


class LocalVectors:
    """One index per namespace, by the namespace's number.  Thread-safe."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        cluster_id: str,
        limits: IndexLimits,
        matrix_bytes: int,
        coming: bool = False,
        reach: Reach = unarmed,
    ) -> None:
        """Of the model that serves, or with *coming* of the one that is to take its place."""
        self._database = database
        self._coming = coming
        self._which = threading.Lock()
        self._folder = folder
        self._cluster_id = cluster_id
        self._limits = limits
        self._matrix_bytes = matrix_bytes
        self._reach = reach
        self._space: VectorSpace | None = None
        self._indexes: VectorIndexes | None = None
        self._building: VectorBuilding | None = None
        self._watermark = 0
        self._unsaved = 0

    @property
    def space(self) -> VectorSpace | None:
        """What the vectors are; `None` while no embedder is bound."""
        return self._space

    def bind(self, space: VectorSpace, numbers: Collection[int]) -> None:
        """Say what the vectors are, before the first is added or asked for, and take them up.

        Args:
            space: What they are.
            numbers: The namespaces there are; others have been dropped.

        Raises:
            StorageError: If the files cannot be made or read.
        """
        self.close()
        with saving(self._folder), self._database.snapshot() as session:
            newest = int(session.rows(statement("select_newest"))[0][0])
            indexes, watermark = self._taken_up(session, space, newest)
            self._unsaved = indexes.keep_only(numbers)
            if watermark < newest:
                self._unsaved += indexes.keep(embedded(session, watermark, coming=self._coming))
                self._replay(session, indexes, watermark, newest, set(numbers))
        self._watermark = newest
        self._space, self._indexes = space, indexes
        self._building = VectorBuilding(indexes)

    def index(self, number: int) -> FaissIndex | None:
        """The index of a namespace; `None` while no embedder is bound, or when it was dropped."""
        return None if self._indexes is None else self._indexes.index(number)

    def follow(self, rows: Rows) -> None:
        """Take in what was committed."""
        if self._indexes is None or self._building is None:
            return
        gone = {row.ordinal for row in rows.tombstones}
        brought = rows.next_vectors if self._coming else rows.vectors
        arrived = arrived_of(row for row in brought if row.ordinal not in gone)
        if arrived is not None:
            _put(self._indexes, arrived)
        for number in {row.number for row in rows.tombstones}:
            index = self._indexes.index(number)
            dead = [row.ordinal for row in rows.tombstones if row.number == number]
            if index is not None:
                index.remove(np.array(dead, np.int64))
        for namespace in rows.namespaces:
            if namespace.dropped:
                self._indexes.drop(namespace.number)
        self._unsaved += len(brought) + len(gone)
        self._watermark = max([self._watermark, *(row.change.position.seq for row in rows.changes)])
        changed = {row.number for row in brought} | {row.number for row in rows.tombstones}
        self._building.look(changed)

    def maintain(self) -> None:
        """Let every index do what is due, and bring the vectors to the disk.

        Raises:
            StorageError: If they cannot be written.
        """
        if self._indexes is not None and self._building is not None:
            self._building.maintain()
            with saving(self._folder):
                self._indexes.sync()

    def save(self, seq: int, *, changes: int) -> None:
        """Save the indexes if there have been at least *changes* changes since they were saved.

        Args:
            seq: The last change that is shown; the indexes have taken it in, and one that could
                not be shown as well.
            changes: From how many changes on, if there are few vectors.

        Raises:
            StorageError: If they cannot be written; the snapshot before stays.
        """
        if self._indexes is None or self._space is None:
            return
        due = changes if changes <= 1 else max(changes, _CHANGED_SHARE * self._indexes.count)
        if self._unsaved < due and not self._indexes.seals_changed:
            return
        watermark = max(seq, self._watermark)
        info = SnapshotInfo(
            watermark=watermark,
            chain=_chain_at(self._database, watermark),
            fingerprint=self._space.fingerprint,
            cluster_id=self._cluster_id,
        )
        self._reach(Failpoint.BEFORE_SAVE)
        self._indexes.save(info)
        self._reach(Failpoint.AFTER_SAVE)
        self._unsaved = 0

    @contextmanager
    def unread(self) -> Iterator[None]:
        """While this is open, no row of theirs is read: the rows may change their place."""
        with self._which:
            yield

    def serve_now(self) -> None:
        """Be those of the model that serves, no longer of the one to come."""
        self._coming = False

    def _fetch(self, ordinals: Ordinals, parts: Parts, *, dimensions: int) -> Halves:
        with self._which:
            return fetch_vectors(
                self._database, ordinals, parts, dimensions=dimensions, coming=self._coming
            )

    def remove(self) -> None:
        """Close them and remove their folder."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """Build nothing more, and release the files."""
        if self._building is not None:
            self._building.close()
        if self._indexes is not None:
            self._indexes.close()
        self._indexes = self._building = self._space = None

    def _taken_up(
        self, session: Session, space: VectorSpace, newest: int
    ) -> tuple[VectorIndexes, int]:
        """The indexes of the snapshot and its watermark, or empty ones and 0."""
        expect = SnapshotExpectation(
            newest=newest,
            fingerprint=space.fingerprint,
            cluster_id=self._cluster_id,
            dimensions=space.dimensions,
        )
        try:
            found = snapshot.read(self._folder, expect)
            _check_history(session, self._folder, found)
            indexes = VectorIndexes.taken_up(
                self._folder,
                found,
                partial(self._fetch, dimensions=space.dimensions),
                limits=self._limits,
                matrix_bytes=self._matrix_bytes,
            )
        except SnapshotUnusableError as error:
            level = logging.WARNING if self._folder.exists() else logging.DEBUG
            _LOG.log(level, "the vector index is built from the store: %s", error.reason)
            begun = VectorIndexes.begun(
                self._folder,
                dimensions=space.dimensions,
                limits=self._limits,
                matrix_bytes=self._matrix_bytes,
            )
            return begun, 0
        return indexes, found.manifest.watermark

    def _replay(
        self,
        session: Session,
        indexes: VectorIndexes,
        after: int,
        until: int,
        numbers: Collection[int],
    ) -> None:
        """Add what came since, of these namespaces."""
        dimensions, coming = indexes.dimensions, self._coming
        for arrived in new_vectors(session, after, until, dimensions, coming=coming):
            wanted = np.isin(arrived.numbers, list(numbers))
            _put(indexes, arrived.where(wanted))
            self._unsaved += int(np.count_nonzero(wanted))


def _put(indexes: VectorIndexes, arrived: Arrived) -> None:
    """Write vectors and tell the indexes of them."""
    rows = indexes.append(arrived.halves)
    for number in np.unique(arrived.numbers).tolist():
        index, own = indexes.index(number), arrived.numbers == number
        if index is not None:
            index.take(Places.of_columns(arrived.ordinals[own], arrived.parts[own], rows[own]))


def _check_history(session: Session, folder: Path, found: Snapshot) -> None:
    if found.manifest.chain != _chain_at(session, found.manifest.watermark):
        raise SnapshotUnusableError(folder, "the store has another history than it has seen")


def _chain_at(source: Database | Session, seq: int) -> str:
    return "".join(chain for (chain,) in source.rows(statement("select_chain"), {"seq": seq}))
