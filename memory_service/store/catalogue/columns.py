"""The live entries of a namespace: those that were sealed, and those that came since.

One writer, many readers without a lock.  Rows are counted over both parts.  They are written
before a link or a count leads to them; afterwards only links, expiries, and what vectors bring
change, one whole number at a time.  So a reader finds at most an entry that has just gone, and
knows it by its expiry; its links still lead on.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from memory_service.store.catalogue.agenda import Agenda
from memory_service.store.catalogue.growing import Growing
from memory_service.store.catalogue.names_since import NamesSince
from memory_service.store.catalogue.row import GONE, NONE, ROW, UNKNOWN, row_values, slot_of
from memory_service.store.catalogue.session_order import SessionOrder

if TYPE_CHECKING:
    from memory_service.model.read import Ordinals
    from memory_service.store.catalogue.row import RowNumbers, Rows
    from memory_service.store.catalogue.sealed import Sealed
    from memory_service.store.catalogue.slot import Slot, Traits


class Columns:
    """The namespace of a number, in what is *sealed* and beside it."""

    __slots__ = (
        "_expiring",
        "_gone",
        "_ordinals",
        "_rows",
        "_sealed",
        "_sessions",
        "_size",
        "_sorted_gone",
        "_start",
        "entries",
        "growing",
        "number",
        "session_names",
        "speakers",
        "terms",
        "waiting",
    )

    def __init__(self, sealed: Sealed, number: int) -> None:
        place = sealed.place(number)
        start, stop = (0, 0) if place is None else sealed.starts[place : place + 2].tolist()
        self._start: int = start
        self._sealed = sealed
        self._size = stop - self._start
        self._ordinals = sealed.ordinals[self._start : stop]
        self._rows = sealed.rows[self._start : stop]
        self.number = number
        self.entries = self._size
        self.terms = 0 if place is None else sealed.terms.item(place)
        self.waiting = 0 if place is None else sealed.waiting_counts.item(place)
        self.growing = Growing()
        self.session_names = NamesSince(sealed.sessions, number)
        self.speakers = NamesSince(sealed.speakers, number)
        self._sessions = SessionOrder(self)
        self._expiring = None if place is None else _agenda(sealed, place)
        self._gone = array("i")
        self._sorted_gone = _NO_ROWS

    def __len__(self) -> int:
        return self._size + self.growing.count

    @property
    def gone(self) -> int:
        """How many rows are of entries that are no more."""
        return len(self._gone)

    def value(self, name: str, row: int) -> Any:  # noqa: ANN401  # of any of `ROW`'s kinds
        """One value of a row that is there."""
        behind = row - self._size
        return (self._rows if behind < 0 else self.growing.rows)[name].item(behind)

    def set(self, name: str, row: int, value: int) -> None:
        """Change one value of a row that is there."""
        behind = row - self._size
        (self._rows if behind < 0 else self.growing.rows)[name][behind] = value

    def values(self, name: str, rows: RowNumbers) -> npt.NDArray[Any]:
        """A column of these rows; that of `UNKNOWN` for -1."""
        found = np.full(len(rows), UNKNOWN[name])
        return _gathered(found, rows, self._rows[name], self.growing.rows[name])

    def rows_at(self, rows: RowNumbers) -> Rows:
        """Copies of these rows; `UNKNOWN` for -1."""
        # As bytes: numpy copies a row whole then, and not value by value.
        found = np.full(len(rows), _UNKNOWN)
        since = self.growing.rows.view(_BYTES)
        return _gathered(found, rows, self._rows.view(_BYTES), since).view(ROW)

    def ordinals_at(self, rows: RowNumbers) -> Ordinals:
        """The ordinals of these rows; -1 for -1."""
        found = np.full(len(rows), NONE, np.int64)
        return _gathered(found, rows, self._ordinals, self.growing.ordinals)

    def find(self, ordinals: Ordinals, now: int) -> RowNumbers:
        """The rows of these; -1 for what is unknown, forgotten or expired at *now*."""
        rows = self.places_of(ordinals)
        rows[self.values("expires", rows) <= now] = NONE
        return rows

    def places_of(self, ordinals: Ordinals) -> RowNumbers:
        """The rows of these, forgotten or not; -1 for what is unknown."""
        growing = self.growing
        found = _places(self._ordinals, ordinals)
        if count := growing.count:
            since = _places(growing.ordinals[:count], ordinals)
            found = np.where(since == NONE, found, since + self._size)
        return found

    def ids_at(self, rows: RowNumbers) -> list[str]:
        """The ids of these rows; empty for -1."""
        sealed = (rows >= 0) & (rows < self._size)
        texts = iter(self._sealed.ids.texts.many(rows[sealed] + self._start))
        since = self.growing.ids
        return [
            next(texts) if of_sealed else (since[row - self._size] if row >= 0 else "")
            for row, of_sealed in zip(rows.tolist(), sealed.tolist(), strict=True)
        ]

    def id_at(self, row: int) -> str:
        """The id of a row that is there."""
        behind = row - self._size
        if behind >= 0:
            return self.growing.ids[behind]
        return self._sealed.ids.texts.at(self._start + row)

    def slot_at(self, row: int) -> Slot | None:
        """What is known of a row; `None` for -1 and for one that is gone."""
        if row == NONE:
            return None
        behind, growing = row - self._size, self.growing
        if behind < 0:
            at, hashes = self._start + row, self._sealed.hashes
            ordinal, values = self._ordinals.item(row), self._rows[row]
        else:
            at, hashes = behind, growing.hashes
            ordinal, values = growing.ordinals.item(behind), growing.rows[behind]
        content, draft = hashes[at].item()
        return slot_of(values, id=self.id_at(row), ordinal=ordinal, content=content, draft=draft)

    def at(self, ordinal: int) -> Slot | None:
        """What is known of an ordinal; `None` if it is unknown or gone."""
        return self.slot_at(self.places_of(np.array([ordinal])).item())

    def row_of(self, id: str) -> int:
        """The row of a live id, expired or not; -1 if there is none.

        A version that comes is in the growing part before the one in its place is gone.
        """
        for find in (self._since, self._sealed_row, self._since):
            row = find(id)
            if row != NONE and self.value("expires", row) != GONE:
                return row
        return NONE

    def _since(self, id: str) -> int:
        row = self.growing.by_id.get(id)
        return NONE if row is None else row + self._size

    def _sealed_row(self, id: str) -> int:
        if not self._size:
            return NONE
        stop = self._start + self._size
        row = self._sealed.row_of(self.number, id, start=self._start, stop=stop)
        return NONE if row == NONE else row - self._start

    def saying(self, content_hash: bytes) -> list[int]:
        """The rows of a content hash, oldest first, and some that are gone."""
        sealed, stop = self._sealed, self._start + self._size
        old = sealed.rows_saying(self.number, content_hash, start=self._start, stop=stop)
        new = self.growing.saying(content_hash)
        return [row - self._start for row in old] + [row + self._size for row in new]

    def expired(self, now: int) -> RowNumbers:
        """Rows past their expiry."""
        if self._expiring is None:
            return _NO_ROWS
        rows = self._expiring.due(now)
        return rows[self.values("expires", rows) != GONE] if len(rows) else rows

    def hidden(self, now: int) -> RowNumbers:
        """Rows of what is gone or expired, rising."""
        gone = self._gone[:]
        if len(gone) != len(self._sorted_gone):
            self._sorted_gone = np.sort(np.frombuffer(gone, np.int32)).astype(np.int64)
        expired = self.expired(now)
        known = self._sorted_gone
        return np.union1d(known, expired) if len(expired) else known

    def sealed_session(self, session: int) -> npt.NDArray[np.int32]:
        """The rows of a session in its order as they were sealed."""
        if session >= len(self._sealed.sessions):
            return np.empty(0, np.int32)
        return self._sealed.session(session)

    def put(self, slot: Slot, traits: Traits) -> Slot | None:
        """Take a version in, in place of the one of its id, which is given back.

        At no time is the id missing.
        """
        before = self.row_of(slot.id)
        self.enter(slot, traits)
        return self._leave(before)

    def enter(self, slot: Slot, traits: Traits) -> None:
        """Take in a version of an id that is not there."""
        session = self.session_names.number_of(traits.session)
        speaker = self.speakers.number_of(traits.speaker)
        values = row_values(slot, traits, session, speaker)
        row = self.growing.append(slot, values) + self._size
        self._sessions.join(row)
        self._count(slot, 1)
        if slot.expires_at is not None:
            self._expiring = self._expiring or Agenda(_NO_ROWS, np.empty(0, np.int32))
            self._expiring.add(slot.expires_at, row)

    def discard(self, id: str) -> Slot | None:
        """Take an entry out; what it was, `None` if there is none."""
        row = self.row_of(id)
        self.growing.by_id.pop(id, None)
        return self._leave(row)

    def change(self, slot: Slot) -> Slot | None:
        """Know of a version its last change and its passages; what was known, if it is there."""
        before = self.at(slot.ordinal)
        if before is not None:
            row = self.places_of(np.array([slot.ordinal])).item()
            self.set("last_seq", row, slot.last_seq)
            self.set("passages", row, slot.passages)
            self.waiting += before.embedded - slot.embedded
        return before

    def _leave(self, row: int) -> Slot | None:
        slot = self.slot_at(row)
        if slot is None:
            return None
        self.set("expires", row, GONE)
        self._sessions.part(row)
        self._gone.append(row)
        if row >= self._size:
            self.growing.forget_content(row - self._size)
        if self._expiring is not None and slot.expires_at is not None:
            self._expiring.remove(slot.expires_at, row, self._is_gone)
        self._count(slot, -1)
        return slot

    def _is_gone(self, row: int) -> bool:
        return bool(self.value("expires", row) == GONE)

    def _count(self, slot: Slot, by: int) -> None:
        self.entries += by
        self.terms += by * slot.length
        self.waiting += 0 if slot.embedded else by


def _agenda(sealed: Sealed, place: int) -> Agenda | None:
    start, stop = sealed.expiring_starts[place : place + 2].tolist()
    if start == stop:
        return None
    return Agenda(sealed.expiring_at[start:stop], sealed.expiring[start:stop])


def _places(known: Ordinals, ordinals: Ordinals) -> RowNumbers:
    """Where in *known*, which rises, these are; -1 for what is not."""
    if not len(known):
        return np.full(len(ordinals), NONE, np.int64)
    found = known.searchsorted(ordinals)
    np.minimum(found, len(known) - 1, out=found)
    return np.where(known[found] == ordinals, found, NONE)


def _gathered(
    found: npt.NDArray[Any], rows: RowNumbers, sealed: npt.NDArray[Any], since: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """*found* with the values of these rows where there are any."""
    old = (rows >= 0) & (rows < len(sealed))
    found[old] = sealed[rows[old]]
    if len(since) and not old.all():
        new = rows >= len(sealed)
        found[new] = since[rows[new] - len(sealed)]
    return found


_NO_ROWS = np.empty(0, np.int64)
_BYTES = np.dtype((np.void, ROW.itemsize))
_UNKNOWN = UNKNOWN.reshape(1).view(_BYTES)[0]
