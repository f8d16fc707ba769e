"""Reads of entries, pages, sessions and changes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from memory_service.model.entry import Span
from memory_service.model.read import Fetched, Order, Page, SessionSummary
from memory_service.store.catalogue.row import NO_TURN
from memory_service.store.filter_sql import compiled
from memory_service.store.payload import from_instant, instant
from memory_service.store.rows import change_from, entry_from
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from memory_service.model.entry import Entry
    from memory_service.model.read import Change, PageRequest
    from memory_service.store.catalogue.catalogue import Shelf
    from memory_service.store.connection import Database, Session

_BEFORE_ALL = (NO_TURN, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """An ordinal, and where its entry stands in a list."""

    ordinal: int
    key: tuple[int, int]


def fetch_entries(database: Database, shelf: Shelf, ordinals: Sequence[int]) -> list[Entry]:
    """The entries of *ordinals*, in order; those that are gone are left out."""
    if not ordinals:
        return []
    rows = database.rows(statement("select_entries"), {"ordinals": list(ordinals)})
    entries = {entry.ordinal: entry for row in rows if (entry := _entry(shelf, row))}
    return [entries[ordinal] for ordinal in ordinals if ordinal in entries]


def fetch_passages(
    database: Database, shelf: Shelf, ordinals: Sequence[int]
) -> list[Fetched | None]:
    """The entries of *ordinals* in order, each with the spans of its passages if several."""
    entries = {entry.ordinal: entry for entry in fetch_entries(database, shelf, ordinals)}
    spans = _spans(database, shelf, ordinals)
    return [
        Fetched(entry=entries[ordinal], spans=tuple(spans[ordinal])) if ordinal in entries else None
        for ordinal in ordinals
    ]


def _spans(
    database: Database, shelf: Shelf, ordinals: Sequence[int]
) -> defaultdict[int, list[Span]]:
    """Where the parts lie, in order; only of entries with several, which are rare."""
    spans: defaultdict[int, list[Span]] = defaultdict(list)
    several = [each for each in ordinals if (slot := shelf.at(each)) and slot.passages > 1]
    if several:
        for ordinal, start, stop in database.rows(statement("select_spans"), {"ordinals": several}):
            spans[ordinal].append(Span(start=start, stop=stop))
    return spans


def _entry(shelf: Shelf, row: Sequence[Any]) -> Entry | None:
    """The entry of a row; `None` if it is not alive in *shelf*."""
    slot = shelf.at(row[0])
    if slot is None:
        return None
    return entry_from(row, namespace=shelf.name, embedded=slot.embedded)


def page_of(database: Database, shelf: Shelf, request: PageRequest) -> Page:
    """A page as the rows are at one instant, whatever is written meanwhile."""
    with database.snapshot() as session:
        places = _places(session, shelf, request)
        shown = places[: request.limit]
        entries = _entries_at(session, shelf, [place.ordinal for place in shown])
    more = shown and len(places) > len(shown)
    return Page(entries=entries, next=shown[-1].key if more else None)


def _entries_at(session: Session, shelf: Shelf, ordinals: Sequence[int]) -> tuple[Entry, ...]:
    """The entries of *ordinals*, in order; all of them are there."""
    rows = session.rows(statement("select_page_entries"), {"ordinals": list(ordinals)})
    entries = {
        columns[0]: entry_from(columns, namespace=shelf.name, embedded=embedded)
        for *columns, embedded in rows
    }
    return tuple(entries[ordinal] for ordinal in ordinals)


def _places(session: Session, shelf: Shelf, request: PageRequest) -> list[_Place]:
    """Where the entries of a page are, and one more if there is a next page."""
    condition = compiled(request.filter)
    sql = statement("select_page").replace("/* filter */", condition.sql)
    place, seq = request.after or _BEFORE_ALL
    parameters = {
        "ns": shelf.number,
        "now": instant(request.now),
        "by_turn": request.order is Order.TURN,
        "no_turn": NO_TURN,
        "after_place": place,
        "after_seq": seq,
        "limit": request.limit + 1,
    }
    rows = session.rows(sql, {**parameters, **condition.parameters})
    return [_Place(ordinal=ordinal, key=(place, first)) for ordinal, place, first in rows]


def sessions_of(
    database: Database, shelf: Shelf, *, now: datetime, after: str | None, limit: int
) -> list[SessionSummary]:
    """Sessions by name, from the first after *after*."""
    parameters = {"ns": shelf.number, "now": instant(now), "after": after, "limit": limit}
    return [
        SessionSummary(
            session=session, entries=entries, first_time=_time(first), last_time=_time(last)
        )
        for session, entries, first, last in database.rows(statement("select_sessions"), parameters)
    ]


def _time(micros: int | None) -> datetime | None:
    return None if micros is None else from_instant(micros)


def changes_after(database: Database, after: int, limit: int) -> list[Change]:
    """Changes with a seq above *after*, in order."""
    rows = database.rows(statement("select_changes"), {"after": after, "limit": limit})
    return [change_from(row) for row in rows]
