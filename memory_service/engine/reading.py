"""Single entries and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.engine.requests import Neighbours
from memory_service.engine.validation import check_count, check_id, check_namespace
from memory_service.model.read import PageRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from memory_service.model.entry import Entry
    from memory_service.model.filters import Filter
    from memory_service.model.history import AsOf
    from memory_service.model.read import Order, Page, SessionSummary
    from memory_service.protocols import Backend

#: Rows of one list: a thousand, and one more to see whether there are any.
MOST_ROWS = 1001
#: Turns on each side of an entry.
MOST_NEIGHBOURS = 100


class Reading:
    """Reads that rank nothing; expired entries are never among what they return."""

    def __init__(self, *, backend: Backend, clock: Callable[[], datetime]) -> None:
        self._backend = backend
        self._clock = clock

    def get(self, namespace: str, entry_id: str) -> Entry:
        """One entry; see `MemoryEngine.get`."""
        check_namespace(namespace)
        check_id(entry_id)
        return self._backend.get(namespace, entry_id, now=self._clock())

    def neighbours(self, namespace: str, entry_id: str, count: int) -> Neighbours:
        """The turns around an entry; see `MemoryEngine.neighbours`."""
        check_count("neighbours", count, low=0, high=MOST_NEIGHBOURS)
        ordinal = self.get(namespace, entry_id).ordinal
        with self._backend.reader(namespace, filter=None, now=self._clock()) as reader:
            return Neighbours(
                before=tuple(reader.neighbours(ordinal, count, 0)),
                after=tuple(reader.neighbours(ordinal, 0, count)),
            )

    def page(
        self,
        namespace: str,
        filter: Filter | None,
        order: Order,
        after: tuple[int, int] | None,
        limit: int,
        as_of: AsOf | None = None,
    ) -> Page:
        """Entries in order; see `MemoryEngine.page`."""
        check_namespace(namespace)
        check_count("limit", limit, low=1, high=MOST_ROWS)
        return self._backend.page(
            PageRequest(
                namespace=namespace,
                now=self._clock(),
                limit=limit,
                order=order,
                after=after,
                filter=filter,
                as_of=as_of,
            )
        )

    def sessions(self, namespace: str, after: str | None, limit: int) -> list[SessionSummary]:
        """Sessions by name; see `MemoryEngine.sessions`."""
        check_namespace(namespace)
        check_count("limit", limit, low=1, high=MOST_ROWS)
        return self._backend.sessions(namespace, now=self._clock(), after=after, limit=limit)
