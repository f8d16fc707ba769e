"""The vector indexes of all namespaces of a store, over one vector file.

A namespace whose vectors nobody asks for or changes costs no memory of its own: its places lie in
the table, which is mapped.  One writer adds, removes, drops and saves; anybody searches; one
thread at a time maintains.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

import numpy as np

from memory_service.durable import saving
from memory_service.index.manifest import SnapshotUnusableError
from memory_service.index.vectors import snapshot
from memory_service.index.vectors.faiss_index import FaissIndex
from memory_service.index.vectors.matrices import Matrices
from memory_service.index.vectors.state import Shared
from memory_service.index.vectors.table import Table
from memory_service.index.vectors.vector_file import SavedRows, VectorFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from memory_service.index.manifest import SealedSeal
    from memory_service.index.vectors.halves import Halves
    from memory_service.index.vectors.limits import IndexLimits
    from memory_service.index.vectors.places import RowNumbers
    from memory_service.index.vectors.sealed import Sealed
    from memory_service.index.vectors.snapshot import Snapshot, SnapshotInfo
    from memory_service.model.read import Flags, Ordinals, Parts

    #: Gives the stored vectors of these ordinals and parts; zeros for what is no more.
    Fetch = Callable[[Ordinals, Parts], Halves]

_LOG = logging.getLogger(__name__)


class VectorIndexes:
    """One index per namespace, by the namespace's number.

    Args:
        folder: Where the snapshot is, and all its files.
        shared: The vector file in it, the switch points, the memory.
        table: What of the file belongs to what.
        sealed: The sealed parts that were saved.
    """

    def __init__(
        self, folder: Path, shared: Shared, table: Table, sealed: tuple[SealedSeal, ...] = ()
    ) -> None:
        self._folder = folder
        self._shared = shared
        self._table = table
        self._seals = {seal.number: seal for seal in sealed}
        self._named = dict(self._seals)
        self._closed = False
        self._saved: dict[int, Sealed] = {}
        self._loading = threading.Lock()
        self._indexes: dict[int, FaissIndex] = {}
        self._dropped: set[int] = set()
        self._stale: list[SealedSeal] = []

    @classmethod
    def begun(
        cls, folder: Path, *, dimensions: int, limits: IndexLimits, matrix_bytes: int
    ) -> Self:
        """Empty ones; what else is in the folder is removed.

        Raises:
            OSError: If the file cannot be made.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"vectors.{snapshot.next_generation(folder)}"
        snapshot.remove_others(folder, set())
        file = VectorFile(path, dimensions=dimensions)
        shared = Shared(file=file, limits=limits, matrices=Matrices(matrix_bytes))
        return cls(folder, shared, Table.of({}))

    @classmethod
    def taken_up(
        cls,
        folder: Path,
        found: Snapshot,
        fetch: Fetch,
        *,
        limits: IndexLimits,
        matrix_bytes: int,
    ) -> Self:
        """Those of a snapshot.

        Raises:
            SnapshotUnusableError: If its vector file is missing or too short.
        """
        manifest, table = found.manifest, found.table
        try:
            file = VectorFile(
                folder / manifest.vectors,
                dimensions=manifest.dimensions,
                saved=SavedRows(
                    sums=found.sums,
                    used=table.rows,
                    source=lambda rows: _stored(table, rows, fetch),
                ),
            )
        except OSError as error:
            raise SnapshotUnusableError(folder, str(error)) from error
        snapshot.remove_others(folder, manifest.names())
        shared = Shared(file=file, limits=limits, matrices=Matrices(matrix_bytes))
        return cls(folder, shared, table, manifest.sealed)

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self._shared.file.dimensions

    @property
    def count(self) -> int:
        """How many rows the vector file has."""
        return self._shared.file.count

    @property
    def seals_changed(self) -> bool:
        """Whether something was sealed, or a seal given up, since the last save."""
        return self._named != self._seals

    def index(self, number: int) -> FaissIndex | None:
        """The index of a namespace; `None` if it was dropped."""
        found = self._indexes.get(number)
        if found is not None:
            return found
        with self._loading:
            if number in self._dropped:
                return None
            if number not in self._indexes:
                self._indexes[number] = self._loaded(number)
            return self._indexes[number]

    def keep(self, ordinals: Ordinals) -> int:
        """Take out all others, before the first index is asked for; how many vectors went."""
        return self._keep_where(np.isin(self._table.ordinals, ordinals))

    def keep_only(self, numbers: Collection[int]) -> int:
        """Drop all other namespaces, before the first index is asked for; the same."""
        for number in set(self._seals) - set(numbers):
            self._note_sealed(number, None)
        return self._keep_where(np.isin(self._table.numbers, list(numbers)))

    def _keep_where(self, flags: Flags) -> int:
        before = len(self._table)
        self._table = self._table.where(flags)
        return before - len(self._table)

    def append(self, halves: Halves) -> RowNumbers:
        """Write vectors into the file, or keep them until there is room; their rows."""
        return self._shared.file.append(halves)

    def drop(self, number: int) -> None:
        """Take a namespace out, for good."""
        with self._loading:
            self._dropped.add(number)
            self._indexes.pop(number, None)
        self._note_sealed(number, None)

    def due(self) -> list[int]:
        """The namespaces for which `maintain` has something to do."""
        return [number for number in list(self._indexes) if self.is_due(number)]

    def is_due(self, number: int) -> bool:
        """Whether a namespace is among those."""
        index = self._indexes.get(number)
        if index is None:
            return False
        return index.is_due or index.sealed is not self._saved.get(number)

    def large(self) -> list[int]:
        """The namespaces that take time to load."""
        return list(self._seals)

    def maintain(self, number: int) -> None:
        """Do what is due for a namespace, and write what was sealed.

        Raises:
            OSError: If the vectors cannot be read.
            StorageError: If what was sealed cannot be written; it serves all the same.
        """
        index = self._indexes.get(number)
        if index is None:
            return
        index.maintain()
        sealed = index.sealed
        if self._closed:
            return
        if sealed is None:
            self._note_sealed(number, None)
        elif self._saved.get(number) is not sealed:
            self._note_sealed(number, snapshot.write_sealed(self._folder, number, sealed))
            self._saved[number] = sealed

    def check_some(self) -> bool:
        """Compare some of what was saved with its checksums; whether there is more."""
        return self._shared.file.check_some()

    def sync(self) -> None:
        """Bring the vectors to the disk, so that saving takes less time.

        Raises:
            OSError: If that fails.
        """
        self._shared.file.sync()

    def save(self, info: SnapshotInfo) -> None:
        """Write a snapshot.  What was removed is not in it, and its vectors are overwritten.

        Raises:
            StorageError: If it cannot be written; the snapshot before stays.
        """
        with self._loading:
            stale, self._stale = self._stale, []
            seals = dict(self._seals)
        table = self._whole_table()
        with saving(self._folder):
            self.sync()
            self._shared.file.keep_only(table.rows)
            manifest = snapshot.write(
                self._folder, self._shared.file, table, tuple(seals.values()), info
            )
            self._table = Table.read(self._folder / manifest.table.name, len(table))
            for seal in stale:
                seal.remove(self._folder)
        self._named = seals

    def close(self) -> None:
        """Release the files, and write nothing more."""
        if not self._closed:
            self._closed = True
            self._shared.file.close()

    def _note_sealed(self, number: int, seal: SealedSeal | None) -> None:
        """Let *seal* stand for what was sealed of a namespace so far."""
        with self._loading:
            before = self._seals.pop(number, None)
            self._saved.pop(number, None)
            if before is not None:
                self._stale.append(before)
            if seal is not None:
                self._seals[number] = seal

    def _loaded(self, number: int) -> FaissIndex:
        places, seal = self._table.places(number), self._seals.get(number)
        sealed = None
        if seal is not None:
            try:
                sealed = snapshot.read_sealed(self._folder, seal)
            except SnapshotUnusableError as error:
                _LOG.warning("what was sealed of index %d is made anew: %s", number, error.reason)
                self._seals.pop(number, None)
            else:
                self._saved[number] = sealed
        return FaissIndex(self._shared, places=places, sealed=sealed)

    def _whole_table(self) -> Table:
        """What is alive in all namespaces, loaded or not."""
        with self._loading:
            loaded = dict(self._indexes)
        places = {number: index.live_places() for number, index in loaded.items()}
        for number in self._table.namespaces():
            if number not in places and number not in self._dropped:
                places[number] = self._table.places(number)
        return Table.of(places)


def _stored(table: Table, rows: RowNumbers, fetch: Fetch) -> Halves:
    """What the store has for these rows, which are in the table."""
    found = np.flatnonzero(np.isin(table.rows, rows))
    found = found[np.argsort(table.rows[found])]
    chosen = found[np.searchsorted(table.rows[found], rows)]
    return fetch(table.ordinals[chosen], table.parts[chosen])
