"""The vector indexes of a local backend: loaded when they are first asked for, then kept up.

An index comes from its snapshot and the rows that were written since; when the snapshot cannot
be used, from the rows alone.  Either way it holds exactly the stored vectors.
"""

from __future__ import annotations

import logging
import shutil
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from memory_service.index.faiss_index import FaissIndex, load
from memory_service.index.manifest import SnapshotUnusableError
from memory_service.index.snapshot import SnapshotExpectation, SnapshotInfo
from memory_service.store.payload import loaded_vectors, stored_vector
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from memory_service.index.faiss_index import LoadedIndex
    from memory_service.store.connection import Database, Session
    from memory_service.store.records import Rows, VectorsRow

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Shelf:
    """An index, and up to which change it holds what the rows hold."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    index: FaissIndex | None = None
    watermark: int = 0
    unsaved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSpace:
    """What vectors must be to be compared: of one embedder, of one length."""

    fingerprint: str
    dimensions: int


class LocalVectors:
    """One index per namespace, by the namespace's number.  Thread-safe."""

    def __init__(
        self, database: Database, folder: Path, *, cluster_id: str, exact_limit: int
    ) -> None:
        self._database = database
        self._folder = folder
        self._cluster_id = cluster_id
        self._exact_limit = exact_limit
        self._space: VectorSpace | None = None
        self._lock = threading.Lock()
        self._shelves: dict[int, _Shelf] = {}
        self._dropped: set[int] = set()

    @property
    def space(self) -> VectorSpace | None:
        """What the vectors are; `None` while no embedder is bound."""
        return self._space

    def bind(self, space: VectorSpace) -> None:
        """Say what the vectors are, before the first is added or asked for."""
        with self._lock:
            self._space = space
            self._shelves.clear()

    def keep_only(self, numbers: Collection[int]) -> None:
        """Remove the files of other namespaces: a crash while one was dropped may leave them."""
        names = set(map(str, numbers))
        for folder in self._folder.glob("*"):
            if folder.name.isdecimal() and folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)

    def index(self, number: int) -> FaissIndex | None:
        """The index of a namespace; `None` while no embedder is bound, or when it was dropped."""
        with self._lock:
            if self._space is None or number in self._dropped:
                return None
            shelf = self._shelves.setdefault(number, _Shelf())
        with shelf.lock:
            if shelf.index is None:
                self._load(shelf, number, self._space)
            return shelf.index

    def follow(self, rows: Rows) -> None:
        """Take in what was committed, as far as the indexes concerned are loaded."""
        for number in {row.number for row in rows.vectors} | {t.number for t in rows.tombstones}:
            shelf = self._shelves.get(number)
            if shelf is not None:
                with shelf.lock:
                    _take_in(shelf, number, rows)
        for namespace in rows.namespaces:
            if namespace.dropped:
                self._drop(namespace.number)

    def maintain(self) -> None:
        """Let every index do what is due."""
        for shelf in list(self._shelves.values()):
            if shelf.index is not None:
                shelf.index.maintain()

    def save(self, seq: int, *, changes: int) -> None:
        """Save every index that has had at least *changes* changes since it was last saved.

        Args:
            seq: The last change that is shown; every index has taken it in, and one that could
                not be shown as well.
            changes: From how many changes on.
        """
        for number, shelf in list(self._shelves.items()):
            with shelf.lock:
                if shelf.index is not None and shelf.unsaved >= max(changes, 1):
                    self._save(shelf, shelf.index, number, seq)

    def _save(self, shelf: _Shelf, index: FaissIndex, number: int, seq: int) -> None:
        if self._space is None:
            return
        watermark = max(seq, shelf.watermark)
        info = SnapshotInfo(
            watermark=watermark,
            chain=_chain_at(self._database, watermark),
            fingerprint=self._space.fingerprint,
            cluster_id=self._cluster_id,
        )
        index.save(self._folder_of(number), info)
        shelf.unsaved = 0

    def _folder_of(self, number: int) -> Path:
        return self._folder / str(number)

    def _drop(self, number: int) -> None:
        with self._lock:
            self._dropped.add(number)
            self._shelves.pop(number, None)
        shutil.rmtree(self._folder_of(number), ignore_errors=True)

    def _load(self, shelf: _Shelf, number: int, space: VectorSpace) -> None:
        with self._database.snapshot() as session:
            newest = int(session.rows(statement("select_newest"))[0][0])
            index, watermark = self._taken_up(session, number, space, newest)
            dead = session.columns(statement("select_dead"), {"ns": number, "after": watermark})[
                "seq"
            ]
            rows = session.rows(statement("select_vectors"), {"ns": number, "after": watermark})
        index.remove(dead.astype(np.int64))
        if rows:
            entries, parts, vectors = zip(*rows, strict=True)
            index.add(
                np.array(entries, np.int64),
                np.array(parts, np.int32),
                loaded_vectors(vectors, space.dimensions),
            )
        shelf.index, shelf.watermark = index, newest
        shelf.unsaved = len(rows) + len(dead)

    def _taken_up(
        self, session: Session, number: int, space: VectorSpace, newest: int
    ) -> tuple[FaissIndex, int]:
        """The index of the snapshot and its watermark, or an empty one and 0."""
        folder = self._folder_of(number)
        purged = int(session.rows(statement("select_purged"), {"ns": number})[0][0])
        expect = SnapshotExpectation(
            newest=newest,
            fingerprint=space.fingerprint,
            cluster_id=self._cluster_id,
            dimensions=space.dimensions,
        )
        try:
            loaded = load(folder, expect=expect, exact_limit=self._exact_limit)
            _check_history(session, folder, loaded, purged)
        except SnapshotUnusableError as error:
            level = logging.WARNING if folder.exists() else logging.INFO
            _LOG.log(level, "index %d is built from the store: %s", number, error.reason)
            empty = FaissIndex(dimensions=space.dimensions, exact_limit=self._exact_limit)
            return empty, 0
        return loaded.index, loaded.watermark


def _check_history(session: Session, folder: Path, loaded: LoadedIndex, purged: int) -> None:
    if loaded.chain != _chain_at(session, loaded.watermark):
        raise SnapshotUnusableError(folder, "the store has another history than it has seen")
    if loaded.watermark < purged:
        raise SnapshotUnusableError(folder, "rows it depends on were removed since")


def _chain_at(source: Database | Session, seq: int) -> str:
    return "".join(chain for (chain,) in source.rows(statement("select_chain"), {"seq": seq}))


def _take_in(shelf: _Shelf, number: int, rows: Rows) -> None:
    """Add and remove what came after the shelf's watermark."""
    if shelf.index is None:
        return
    dead = [row.ordinal for row in rows.tombstones if row.number == number]
    gone = set(dead)
    new = [
        row
        for row in rows.vectors
        if row.number == number and row.seq > shelf.watermark and row.ordinal not in gone
    ]
    shelf.index.remove(np.array(dead, np.int64))
    if new:
        _add(shelf.index, new)
    shelf.watermark = max([shelf.watermark, *(row.change.position.seq for row in rows.changes)])
    shelf.unsaved += len(new) + len(dead)


def _add(index: FaissIndex, rows: list[VectorsRow]) -> None:
    passages = [
        (row.ordinal, part, stored_vector(passage.vector))
        for row in rows
        for part, passage in enumerate(row.passages)
    ]
    ordinals, parts, vectors = zip(*passages, strict=True)
    index.add(
        np.array(ordinals, np.int64),
        np.array(parts, np.int32),
        loaded_vectors(vectors, index.dimensions),
    )
