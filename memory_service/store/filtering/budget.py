"""The columns of all namespaces, within a budget."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from memory_service.errors import StorageError
from memory_service.store.filtering.namespace import FilteredNamespace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from memory_service.model.entry import Entry
    from memory_service.model.filters import Filter
    from memory_service.model.read import Ordinals, Scores
    from memory_service.model.selection import Selection
    from memory_service.store.connection import Database
    from memory_service.store.records import Rows

    _Answer = TypeVar("_Answer")

#: What was used last stays, however large it is: the columns and the answer of one filter.
_STAYING = 16


class FilterColumns:
    """Answers filters from memory; thread-safe.  `follow` is for the thread that writes.

    A namespace is read when it is first asked for, and let go when others need the room.
    """

    def __init__(self, database: Database, *, most_bytes: int) -> None:
        """Begin empty; hold *most_bytes* at most, and what is in use beyond them."""
        self._database = database
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        #: By number, what was used longest ago first.
        self._namespaces: dict[int, FilteredNamespace] = {}
        self._sizes: dict[int, int] = {}
        self._bytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes held, more or less."""
        return self._bytes

    def select(self, number: int, filter: Filter) -> Selection:
        """What of a namespace passes; entries that died a while ago may be among it.

        Raises:
            StorageError: If what it looks at cannot be read.
        """
        return self._asked(number, lambda namespace: namespace.select(filter))

    def numbers(self, number: int, ordinals: Ordinals, keys: Sequence[str]) -> Scores:
        """The numbers these have in their metadata, by row and key; NaN where there is none.

        Raises:
            StorageError: If they cannot be read.
        """
        return self._asked(number, lambda namespace: namespace.numbers(ordinals, keys))

    def _asked(self, number: int, ask: Callable[[FilteredNamespace], _Answer]) -> _Answer:
        with self._lock:
            # Known to `follow` before a row is read: what is committed later comes from there.
            namespace = self._namespaces.pop(number, None)
            namespace = namespace or FilteredNamespace(self._database, number)
            self._namespaces[number] = namespace
        try:
            answer = ask(namespace)
        except StorageError:
            with self._lock:
                self._let_go(number)
            raise
        self._keep_within(number, namespace)
        return answer

    def _keep_within(self, number: int, namespace: FilteredNamespace) -> None:
        """Count a namespace anew, and let go of what was used longest ago if it is too much."""
        if self._recount(number, namespace) > self._most_bytes:
            namespace.shrink(self._most_bytes, _STAYING)
            self._recount(number, namespace)

    def _recount(self, number: int, namespace: FilteredNamespace) -> int:
        """The bytes of all, once others made room for this one."""
        size = namespace.nbytes
        with self._lock:
            if self._namespaces.get(number) is namespace:
                self._bytes += size - self._sizes.get(number, 0)
                self._sizes[number] = size
            for oldest in list(self._namespaces):
                if self._bytes <= self._most_bytes:
                    break
                if oldest != number:
                    self._let_go(oldest)
            return self._bytes

    def _let_go(self, number: int) -> None:
        self._namespaces.pop(number, None)
        self._bytes -= self._sizes.pop(number, 0)

    def follow(self, rows: Rows) -> None:
        """Take in what was committed, as far as the namespaces concerned are held."""
        entries: defaultdict[int, list[Entry]] = defaultdict(list)
        for row in rows.entries:
            entries[row.number].append(row.entry)
        dead = Counter(row.number for row in rows.tombstones)
        with self._lock:
            known = {number: self._namespaces.get(number) for number in {*entries, *dead}}
        held = {number: namespace for number, namespace in known.items() if namespace}
        for number, some in entries.items():
            if number in held:
                held[number].append(some)
        gone = [
            number for number, count in dead.items() if number in held and held[number].bury(count)
        ]
        gone += [row.number for row in rows.namespaces if row.dropped]
        with self._lock:
            for number in gone:
                self._let_go(number)
