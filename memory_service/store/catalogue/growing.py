"""What was written to a namespace since its entries were last sealed.

One writer, many readers without a lock: a row is written before `count` tells of it.  Whoever has
a row's number finds it in whatever array is there afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_service.store.catalogue.row import HASHES, ROW

if TYPE_CHECKING:
    from memory_service.store.catalogue.slot import Slot

_SMALLEST = 4


class Growing:
    """Rows in the order they were written, rising by ordinal."""

    __slots__ = ("_by_content", "by_id", "count", "hashes", "ids", "ordinals", "rows")

    def __init__(self) -> None:
        self.count = 0
        self.ordinals = np.empty(0, np.int64)
        self.rows = np.empty(0, ROW)
        self.hashes = np.empty(0, HASHES)
        self.ids: list[str] = []
        self.by_id: dict[str, int] = {}
        self._by_content: dict[int, int | list[int]] = {}

    def append(self, slot: Slot, values: tuple[object, ...]) -> int:
        """Take a row in; its number."""
        row = self.count
        if row == len(self.ordinals):
            self._make_room()
        self.ordinals[row] = slot.ordinal
        self.rows[row] = values
        self.hashes[row] = (slot.content_hash, slot.draft_hash)
        self.ids.append(slot.id)
        self.count = row + 1
        self.by_id[slot.id] = row
        self._say(_key(slot.content_hash), row)
        return row

    def saying(self, content_hash: bytes) -> list[int]:
        """The rows of a content hash, rising, as far as they were not forgotten."""
        found = self._by_content.get(_key(content_hash))
        if found is None:
            return []
        rows = [found] if isinstance(found, int) else found.copy()
        return [row for row in rows if self.hashes["content"].item(row) == content_hash]

    def forget_content(self, row: int) -> None:
        """No longer find a row by what it says."""
        key = _key(self.hashes["content"].item(row))
        rows = self._by_content[key]
        if isinstance(rows, int):
            del self._by_content[key]
        else:
            rows.remove(row)

    def _say(self, key: int, row: int) -> None:
        """A list stands only where several say the same: it takes more than all the rest."""
        before = self._by_content.setdefault(key, row)
        if isinstance(before, list):
            before.append(row)
        elif before != row:
            self._by_content[key] = [before, row]

    def _make_room(self) -> None:
        size = self.count + max(_SMALLEST, self.count // 4)
        for name in ("ordinals", "rows", "hashes"):
            before = getattr(self, name)
            after = np.empty(size, before.dtype)
            after[: self.count] = before[: self.count]
            setattr(self, name, after)


def _key(content_hash: bytes) -> int:
    return int.from_bytes(content_hash[:8], "little")
