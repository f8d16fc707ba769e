"""Which entries have no vectors yet of the model that is to serve."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from memory_service.store.connection import Database
    from memory_service.store.records import Rows

#: Entries that are looked up at once.
PAGE = 4_096


class MissingVectors:
    """Finds the entries of before the change *upto* in the rows, and follows what is written since.

    `oldest` is called by one thread, `follow` and `wants` by the writer's.
    """

    def __init__(self, database: Database, upto: int) -> None:
        self._database = database
        self._upto = upto
        self._looked_up = 0
        self._beyond = self._count(0)
        self._due: dict[int, int] = {}
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """How many there are, or a few more."""
        with self._lock:
            return len(self._due) + self._beyond

    @property
    def none(self) -> bool:
        """Whether all have been looked up, and none of them is left."""
        return self._looked_up >= self._upto and not self._due

    def wants(self, ordinal: int) -> bool:
        """Whether an entry is known to be without."""
        return ordinal in self._due

    def oldest(self, limit: int) -> list[tuple[int, int]]:
        """Namespace and ordinal of the oldest, at most *limit*."""
        while len(self._due) < limit and self._looked_up < self._upto:
            self._look_up()
        with self._lock:
            return [(self._due[ordinal], ordinal) for ordinal in sorted(self._due)[:limit]]

    def leave_out(self, ordinals: Iterable[int]) -> None:
        """These are no more."""
        with self._lock:
            for ordinal in ordinals:
                self._due.pop(ordinal, None)

    def follow(self, rows: Rows) -> None:
        """Take in what was committed."""
        brought = {row.ordinal for row in rows.next_vectors}
        dropped = {row.number for row in rows.namespaces if row.dropped}
        with self._lock:
            for row in rows.entries:
                self._due[row.slot.ordinal] = row.number
            for ordinal in (*brought, *(row.ordinal for row in rows.tombstones)):
                self._due.pop(ordinal, None)
            if dropped:
                self._due = {key: one for key, one in self._due.items() if one not in dropped}

    def _look_up(self) -> None:
        limits = {"after": self._looked_up, "upto": self._upto, "limit": PAGE}
        found = self._database.rows(statement("select_without_next"), limits)
        looked_up = found[-1][1] if len(found) == PAGE else self._upto
        beyond = self._count(looked_up)
        with self._lock:
            self._due.update((ordinal, number) for number, ordinal in found)
            self._looked_up, self._beyond = looked_up, beyond

    def _count(self, after: int) -> int:
        limits = {"after": after, "upto": self._upto}
        return int(self._database.rows(statement("count_without_next"), limits)[0][0])
