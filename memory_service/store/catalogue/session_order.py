"""Keeps the rows of a namespace linked in the order of their sessions."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from memory_service.store.catalogue.row import GONE, NONE

if TYPE_CHECKING:
    from memory_service.store.catalogue.columns import Columns


class SessionOrder:
    """The writer's alone; an order is looked up when its session first changes.

    An order of its own costs 4 bytes an entry, and some 200 a session.
    """

    __slots__ = ("_columns", "_orders")

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._orders: dict[int, array[int]] = {}

    def join(self, row: int) -> None:
        """Link a row with those beside it: first from it, then to it."""
        if (session := self._columns.value("session", row)) == NONE:
            return
        order = self._order(session)
        at = self._place(order, row)
        before = order[at - 1] if at else NONE
        after = order[at] if at < len(order) else NONE
        self._columns.set("before", row, before)
        self._columns.set("after", row, after)
        self._link(before, row)
        self._link(row, after)
        order.insert(at, row)

    def part(self, row: int) -> None:
        """Link those beside a row that is gone with each other; its own links stay."""
        if (session := self._columns.value("session", row)) == NONE:
            return
        before = self._columns.value("before", row)
        after = self._columns.value("after", row)
        self._link(before, after)
        if (order := self._orders.get(session)) is not None:
            del order[self._place(order, row)]

    def _link(self, before: int, after: int) -> None:
        if before != NONE:
            self._columns.set("after", before, after)
        if after != NONE:
            self._columns.set("before", after, before)

    def _order(self, session: int) -> array[int]:
        order = self._orders.get(session)
        if order is None:
            rows = self._columns.sealed_session(session)
            expires = self._columns.values("expires", rows.astype(np.int64))
            order = array("i", rows[expires != GONE].astype(np.int32).tobytes())
            self._orders[session] = order
        return order

    def _place(self, order: array[int], row: int) -> int:
        """Where in an order a row is or belongs."""
        if order and self._key(order[-1]) < self._key(row):
            return len(order)
        return bisect_left(order, self._key(row), key=self._key)

    def _key(self, row: int) -> tuple[int, int, int]:
        value = self._columns.value
        return value("turn", row), value("first_seq", row), row
