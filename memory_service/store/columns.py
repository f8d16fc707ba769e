"""The live entries of a namespace as columns, linked in the order of their sessions.

One writer, many readers without a lock.  A reader takes the `View` once.  Rows are written before
a link or the count leads to them; afterwards only links and expiries change, one whole number at
a time.  So a reader finds at most an entry that has just gone, and knows it by its expiry; its
links still lead on.  An entry costs 76 bytes (and up to a quarter for growth), a session some
300.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.model.asking import asks
from memory_service.model.entry import FIRST_DAY
from memory_service.store.payload import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.model.entry import Entry
    from memory_service.model.read import Ordinals
    from memory_service.store.catalogue import Slot

    RowNumbers = npt.NDArray[np.int64]
    Rows = npt.NDArray[np.void]

#: What an entry without a turn sorts as: before every turn.
NO_TURN = -(2**63)
#: The expiry of what never expires, and of what is forgotten.
NEVER = 2**63 - 1
GONE = -(2**63)
#: No row, no session, no speaker.
NONE = -1

#: An entry.  `before` and `after` are rows, `expires` is an instant, `day` counts from 1970-01-01
#: (NaN if unknown), `written` is in seconds since then.
ROW = np.dtype(
    [
        ("first_seq", np.int64),
        ("turn", np.int64),
        ("expires", np.int64),
        ("written", np.float64),
        ("day", np.float32),
        ("session", np.int32),
        ("speaker", np.int32),
        ("length", np.int32),
        ("before", np.int32),
        ("after", np.int32),
        ("asks", np.bool_),
    ],
    align=True,
)
#: What is known of an unknown entry.
UNKNOWN = np.array((0, NO_TURN, GONE, np.nan, np.nan, NONE, NONE, 0, NONE, NONE, False), ROW)

_SMALLEST = 16
_FEW_DEAD = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a ranking may know of a version; `day` counts from 1970-01-01."""

    session: str | None
    turn: int | None
    speaker: str | None
    asks: bool
    day: int | None
    written: float


def traits_of(entry: Entry) -> Traits:
    """The traits of an entry."""
    draft = entry.draft
    return Traits(
        session=draft.session,
        turn=draft.turn,
        speaker=draft.speaker,
        asks=asks(draft.text),
        day=draft.event_time.toordinal() - FIRST_DAY if draft.event_time else None,
        written=instant(entry.updated_at) / 1e6,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """The columns as a reader takes them: the first `count` of `ordinals` (ascending) and `rows`.

    There is one row at least, filled or not.  Links may lead to rows behind the first `count`.
    `speakers` are names by number.
    """

    ordinals: Ordinals
    rows: Rows
    count: int
    speakers: list[str]

    def find(self, ordinals: Ordinals, now: int) -> RowNumbers:
        """The rows of these; -1 for what is unknown, forgotten or expired at *now*."""
        known = self.ordinals[: self.count]
        found = np.searchsorted(known, ordinals).clip(max=max(self.count - 1, 0))
        there = self.ordinals[found] == ordinals
        there &= self.rows["expires"][found] > now
        return np.where(there & (self.count > 0), found, NONE).astype(np.int64)

    def sample(self, count: int, now: int) -> Ordinals:
        """At most *count* live ordinals, evenly spread over all, the same for the same entries."""
        live = np.flatnonzero(self.rows["expires"][: self.count] > now)
        if len(live) > count:
            live = live[np.arange(count) * len(live) // count]
        return self.ordinals[live]


class Columns:
    """Takes entries in and out; `view` is for readers."""

    def __init__(self) -> None:
        self.view = View(
            ordinals=np.empty(_SMALLEST, np.int64),
            rows=np.empty(_SMALLEST, ROW),
            count=0,
            speakers=[],
        )
        self._dead = 0
        self._sessions: dict[str, int] = {}
        self._speakers: dict[str, int] = {}
        self._orders: list[array[int]] = []

    def fill(
        self, ordinals: Ordinals, rows: Rows, *, sessions: Sequence[str], speakers: Sequence[str]
    ) -> None:
        """Hold these rows alone, by ascending ordinal; their links are made here.

        Args:
            ordinals: The rows' ordinals.
            rows: Rows of live entries, with places in *sessions* and *speakers*.
            sessions: Distinct names.
            speakers: Distinct names.
        """
        self._dead = 0
        self._sessions = {name: number for number, name in enumerate(sessions)}
        self._speakers = {name: number for number, name in enumerate(speakers)}
        self._orders = _linked(rows, len(sessions))
        view = View(ordinals=ordinals, rows=rows, count=len(rows), speakers=list(speakers))
        self.view = view if len(rows) else _with_room(view)

    def add(self, slot: Slot, traits: Traits) -> None:
        """Take in a version, newer than all before it."""
        if self.view.count == len(self.view.rows):
            self.view = _with_room(self.view)
        view, row = self.view, self.view.count
        view.ordinals[row] = slot.ordinal
        view.rows[row] = self._row(slot, traits)
        self.view = View(
            ordinals=view.ordinals, rows=view.rows, count=row + 1, speakers=view.speakers
        )
        self._join(row)

    def remove(self, ordinal: int) -> None:
        """Take out a version that is there."""
        row = int(np.searchsorted(self.view.ordinals[: self.view.count], ordinal))
        self.view.rows["expires"][row] = GONE
        self._part(row)
        self._dead += 1
        if self._dead > max(_FEW_DEAD, self.view.count // 2):
            self._compact()

    def _row(self, slot: Slot, traits: Traits) -> tuple[object, ...]:
        """The values of `ROW`, not linked yet."""
        return (
            slot.first_seq,
            NO_TURN if traits.turn is None else traits.turn,
            NEVER if slot.expires_at is None else slot.expires_at,
            traits.written,
            np.nan if traits.day is None else traits.day,
            self._session(traits.session),
            self._speaker(traits.speaker),
            slot.length,
            NONE,
            NONE,
            traits.asks,
        )

    def _session(self, name: str | None) -> int:
        if name is None:
            return NONE
        number = self._sessions.setdefault(name, len(self._orders))
        if number == len(self._orders):
            self._orders.append(array("i"))
        return number

    def _speaker(self, name: str | None) -> int:
        if name is None:
            return NONE
        number = self._speakers.setdefault(name, len(self._speakers))
        if number == len(self.view.speakers):
            self.view.speakers.append(name)
        return number

    def _join(self, row: int) -> None:
        """Link a row with those beside it: first from it, then to it."""
        rows = self.view.rows
        if rows["session"][row] == NONE:
            return
        order, at = self._place(row)
        before = order[at - 1] if at else NONE
        after = order[at] if at < len(order) else NONE
        rows["before"][row], rows["after"][row] = before, after
        self._link(before, row)
        self._link(row, after)
        order.insert(at, row)

    def _part(self, row: int) -> None:
        """Link those beside a row with each other; its own links stay."""
        rows = self.view.rows
        if rows["session"][row] == NONE:
            return
        order, at = self._place(row)
        self._link(int(rows["before"][row]), int(rows["after"][row]))
        del order[at]

    def _link(self, before: int, after: int) -> None:
        if before != NONE:
            self.view.rows["after"][before] = after
        if after != NONE:
            self.view.rows["before"][after] = before

    def _place(self, row: int) -> tuple[array[int], int]:
        """The order of a row's session, and where in it the row is or belongs."""
        turns, firsts = self.view.rows["turn"], self.view.rows["first_seq"]

        def key(row: int) -> tuple[int, int, int]:
            return turns.item(row), firsts.item(row), row

        order = self._orders[self.view.rows["session"][row]]
        if order and key(order[-1]) < key(row):
            return order, len(order)
        return order, bisect_left(order, key(row), key=key)

    def _compact(self) -> None:
        """Leave out what is gone, and names that nobody has any more."""
        view = self.view
        alive = np.flatnonzero(view.rows["expires"][: view.count] != GONE)
        rows = view.rows[alive]
        self.fill(
            view.ordinals[alive],
            rows,
            sessions=_renumbered(rows["session"], list(self._sessions)),
            speakers=_renumbered(rows["speaker"], view.speakers),
        )


def _renumbered(numbers: npt.NDArray[np.int32], names: Sequence[str]) -> list[str]:
    """The names that are in use; *numbers* become places among them."""
    used = np.unique(numbers[numbers != NONE])
    numbers[numbers != NONE] = np.searchsorted(used, numbers[numbers != NONE])
    return [names[number] for number in used.tolist()]


def _linked(rows: Rows, sessions: int) -> list[array[int]]:
    """Link all rows anew; the order of each session."""
    order = np.lexsort((rows["first_seq"], rows["turn"], rows["session"]))
    order = order[rows["session"][order] != NONE].astype(np.int32)
    session = rows["session"][order]
    same = session[1:] == session[:-1]
    rows["before"] = rows["after"] = NONE
    rows["before"][order[1:][same]] = order[:-1][same]
    rows["after"][order[:-1][same]] = order[1:][same]
    ends = np.searchsorted(session, np.arange(sessions), "right").tolist()
    starts = [0, *ends][:sessions]
    return [array("i", order[start:end].tobytes()) for start, end in zip(starts, ends, strict=True)]


def _with_room(view: View) -> View:
    """The same rows, with room for a quarter more."""
    size = view.count + max(_SMALLEST, view.count // 4)
    ordinals, rows = np.empty(size, np.int64), np.empty(size, ROW)
    ordinals[: view.count] = view.ordinals[: view.count]
    rows[: view.count] = view.rows[: view.count]
    return View(ordinals=ordinals, rows=rows, count=view.count, speakers=view.speakers)
