"""The entries of all namespaces that wait for their vectors, oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_service.store.catalogue.row import GONE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from memory_service.store.catalogue.row import RowNumbers
    from memory_service.store.catalogue.sealed import Sealed

_BLOCK = 1024


class Waiting:
    """Of *sealed* as it is now, and of what came since.

    Sealed rows that no longer wait are passed by; the writer moves the place from which they are
    looked at, so that those at the front are passed once.
    """

    def __init__(self, sealed: Sealed) -> None:
        self._sealed = sealed
        self._first = 0
        self._since: dict[int, int] = {}

    def add(self, ordinal: int, number: int) -> None:
        """An entry of that namespace waits, newer than all before it."""
        self._since[ordinal] = number

    def remove(self, ordinal: int, namespaces: Collection[int]) -> None:
        """An entry does not wait any more, if it came since; *namespaces* are those alive."""
        self._since.pop(ordinal, None)
        self._pass_by(namespaces)

    def drop(self, number: int) -> None:
        """No entry of that namespace waits any more."""
        self._since = {ordinal: other for ordinal, other in self._since.items() if other != number}

    def oldest(self, limit: int, namespaces: Collection[int]) -> list[tuple[int, int]]:
        """Ordinal and namespace of at most *limit*."""
        found: list[tuple[int, int]] = []
        for rows in self._blocks():
            waiting = self._still(rows, namespaces)[: limit - len(found)]
            ordinals = self._sealed.ordinals[waiting].tolist()
            found += zip(ordinals, self._numbers(waiting).tolist(), strict=True)
            if len(found) == limit:
                return found
        return found + list(self._since.copy().items())[: limit - len(found)]

    def _blocks(self) -> Iterator[RowNumbers]:
        rows = self._sealed.waiting
        for start in range(self._first, len(rows), _BLOCK):
            yield rows[start : start + _BLOCK].astype(np.int64)

    def _still(self, rows: RowNumbers, namespaces: Collection[int]) -> RowNumbers:
        """Those of these rows that wait."""
        found = self._sealed.rows[rows]
        rows = rows[(found["passages"] == 0) & (found["expires"] != GONE)]
        known = [number in namespaces for number in self._numbers(rows).tolist()]
        return rows[np.array(known, np.bool_)]

    def _numbers(self, rows: RowNumbers) -> RowNumbers:
        sealed = self._sealed
        return sealed.numbers[sealed.starts.searchsorted(rows, "right") - 1]

    def _pass_by(self, namespaces: Collection[int]) -> None:
        rows = self._sealed.waiting
        while self._first < len(rows) and not self._waits(rows.item(self._first), namespaces):
            self._first += 1

    def _waits(self, row: int, namespaces: Collection[int]) -> bool:
        sealed = self._sealed
        if sealed.rows["passages"].item(row) or sealed.rows["expires"].item(row) == GONE:
            return False
        return sealed.numbers.item(int(sealed.starts.searchsorted(row, "right")) - 1) in namespaces
