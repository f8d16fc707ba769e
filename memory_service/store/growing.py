"""What was written to a namespace since its entries were last sealed.

One writer, many readers without a lock: a row is written before `count` tells of it.  Whoever has
a row's number finds it in whatever array is there afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_service.store.row import HASHES, ROW

if TYPE_CHECKING:
    from memory_service.store.slot import Slot

_SMALLEST = 4


class Growing:
    """Rows in the order they were written, rising by ordinal."""

    __slots__ = ("by_content", "by_id", "count", "hashes", "ids", "ordinals", "rows")

    def __init__(self) -> None:
        self.count = 0
        self.ordinals = np.empty(0, np.int64)
        self.rows = np.empty(0, ROW)
        self.hashes = np.empty(0, HASHES)
        self.ids: list[str] = []
        self.by_id: dict[str, int] = {}
        self.by_content: dict[bytes, list[int]] = {}

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
        self.by_content.setdefault(slot.content_hash, []).append(row)
        return row

    def forget_content(self, row: int) -> None:
        """No longer find a row by what it says."""
        content = self.hashes["content"].item(row)
        rows = self.by_content[content]
        rows.remove(row)
        if not rows:
            del self.by_content[content]

    def _make_room(self) -> None:
        size = self.count + max(_SMALLEST, self.count // 4)
        for name in ("ordinals", "rows", "hashes"):
            before = getattr(self, name)
            after = np.empty(size, before.dtype)
            after[: self.count] = before[: self.count]
            setattr(self, name, after)
