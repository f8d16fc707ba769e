"""Reads of versions that are no more, and of what can be taken back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from memory_service.errors import InvalidInputError
from memory_service.model.entry import Span
from memory_service.model.history import AsOf, Ended, Keeping, Version
from memory_service.model.position import GENESIS, Position
from memory_service.model.read import Order, Page
from memory_service.model.write import Passage
from memory_service.store.catalogue.row import NO_TURN
from memory_service.store.filter_sql import EVERYTHING, Condition, compiled
from memory_service.store.payload import from_instant, instant
from memory_service.store.rows import ENTRY_COLUMNS, entry_from
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from memory_service.model.entry import Entry, EntryDraft
    from memory_service.model.filters import Filter
    from memory_service.model.read import PageRequest
    from memory_service.store.connection import Database

_COLUMNS = len(ENTRY_COLUMNS)
_BEFORE_ALL = (NO_TURN, -1)
_ENDED = {"put": Ended.REPLACED, "forget": Ended.FORGOTTEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A namespace by its number and name."""

    number: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forgotten:
    """The last version of an entry that can be taken back; `died` is the change that forgot it."""

    draft: EntryDraft
    version: int
    first_seq: int
    created_at: int
    died: int
    passages: tuple[Passage, ...]


def versions_sql(name: str, condition: Condition = EVERYTHING) -> str:
    """The statement *name* over the versions there are, those that pass *condition*."""
    text = statement(name).replace("/* versions */", statement("versions"))
    return text.replace("/* filter */", condition.sql)


def bounds(
    keeping: Keeping, now: datetime, *, number: int | None = None, ids: Sequence[str] | None = None
) -> dict[str, Any]:
    """The parameters of `versions`: of one namespace or all, of some ids or all."""
    return {
        "ns": number,
        "ids": None if ids is None else list(ids),
        "now": instant(now),
        "versions": keeping.versions,
        "undo_since": instant(now - timedelta(hours=keeping.undo_hours)),
    }


class Past:
    """What was in a store, as far as it is kept."""

    def __init__(self, database: Database, keeping: Keeping) -> None:
        self._database = database
        self._keeping = keeping

    def history(self, place: Place, id: str, *, now: datetime, limit: int) -> tuple[Version, ...]:
        """The versions of an entry, newest first; none if nothing is kept of it."""
        parameters = bounds(self._keeping, now, number=place.number, ids=[id])
        rows = self._database.rows(versions_sql("select_history"), {**parameters, "limit": limit})
        return tuple(_version(place, row) for row in rows)

    def page(self, place: Place, request: PageRequest, as_of: AsOf) -> Page:
        """A page of the namespace as it was."""
        seq, at = self._moment(as_of)
        rows = self._rows_at(place, request, (seq, at), ids=None)
        shown = rows[: request.limit]
        more = shown and len(rows) > len(shown)
        return Page(
            entries=tuple(_entry(place, row) for row in shown),
            next=tuple(shown[-1][-2:]) if more else None,
            missing=0 if request.after else self._missing(place, seq, request.now),
        )

    def _missing(self, place: Place, seq: int, now: datetime) -> int:
        parameters = {**bounds(self._keeping, now, number=place.number), "seq": seq}
        return int(self._database.rows(versions_sql("count_missing"), parameters)[0][0])

    def entry(self, place: Place, id: str, request: PageRequest, as_of: AsOf) -> Entry | None:
        """One entry as it was; `None` if it was not there, or that version is not kept."""
        rows = self._rows_at(place, request, self._moment(as_of), ids=[id])
        return _entry(place, rows[0]) if rows else None

    def _rows_at(
        self, place: Place, request: PageRequest, moment: tuple[int, int], ids: list[str] | None
    ) -> list[tuple[Any, ...]]:
        seq, at = moment
        condition = compiled(request.filter)
        after_place, after_seq = request.after or _BEFORE_ALL
        parameters = {
            **bounds(self._keeping, request.now, number=place.number, ids=ids),
            "seq": seq,
            "at": at,
            "by_turn": request.order is Order.TURN,
            "no_turn": NO_TURN,
            "after_place": after_place,
            "after_seq": after_seq,
            "limit": request.limit + 1,
        }
        sql = versions_sql("select_as_of", condition)
        return self._database.rows(sql, {**parameters, **condition.parameters})

    def _moment(self, as_of: AsOf) -> tuple[int, int]:
        """The last change that counts, and the instant that decides what had expired."""
        if isinstance(as_of, datetime):
            at = instant(as_of)
            return self._database.rows(statement("select_change_before"), {"at": at})[0][0], at
        rows = self._database.rows(statement("select_change_at"), {"seq": as_of.seq})
        if as_of.seq == 0 and as_of.chain == GENESIS:
            return 0, 0
        for epoch, chain, at in rows:
            if Position(epoch=epoch, seq=as_of.seq, chain=chain) == as_of:
                return as_of.seq, at
        raise InvalidInputError(
            "There is no such position in this store's log; take one from an answer of this "
            "store, or a time.",
            field="?as_of",
        )

    def forgotten_ids(self, place: Place, filter: Filter | None, *, now: datetime) -> list[str]:
        """The ids that can be taken back, in the order they were forgotten."""
        condition = compiled(filter)
        parameters = bounds(self._keeping, now, number=place.number)
        sql = versions_sql("select_forgotten", condition)
        rows = self._database.rows(sql, {**parameters, **condition.parameters})
        return [_named(row)["id"] for row in rows]

    def forgotten(
        self, number: int, ids: Sequence[str], *, now: datetime
    ) -> Mapping[str, Forgotten]:
        """What can be taken back of these, by id, with its vectors as far as they are kept."""
        parameters = bounds(self._keeping, now, number=number, ids=ids)
        rows = self._database.rows(versions_sql("select_forgotten"), parameters)
        vectors = self._passages([row[0] for row in rows])
        return {_named(row)["id"]: _forgotten(row, tuple(vectors[row[0]])) for row in rows}

    def _passages(self, ordinals: list[int]) -> defaultdict[int, list[Passage]]:
        found: defaultdict[int, list[Passage]] = defaultdict(list)
        sql = statement("select_forgotten_vectors")
        for ordinal, _, start, stop, x in self._database.rows(sql, {"ordinals": ordinals}):
            vector = np.frombuffer(x, "<f2").astype(np.float32)
            found[ordinal].append(Passage(span=Span(start=start, stop=stop), vector=vector))
        return found


def _named(row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(ENTRY_COLUMNS, row, strict=False))


def _entry(place: Place, row: Sequence[Any]) -> Entry:
    """An entry from its columns and whether it has its vectors."""
    return entry_from(row[:_COLUMNS], namespace=place.name, embedded=row[_COLUMNS])


def _version(place: Place, row: Sequence[Any]) -> Version:
    died_at, cause = row[_COLUMNS + 1 :]
    if cause is None:
        return Version(entry=_entry(place, row))
    return Version(entry=_entry(place, row), until=from_instant(died_at), ended=_ENDED[cause])


def _forgotten(row: Sequence[Any], passages: tuple[Passage, ...]) -> Forgotten:
    """What can be taken back; without vectors where not all of them are kept."""
    first_seq, died, count = row[_COLUMNS:]
    entry = entry_from(row[:_COLUMNS], namespace="", embedded=count > 0)
    return Forgotten(
        draft=entry.draft,
        version=entry.version,
        first_seq=first_seq,
        created_at=instant(entry.created_at),
        died=died,
        passages=passages if len(passages) == count else (),
    )
