"""What a local backend answers about the past, and how it lets go of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.errors import EntryNotFoundError
from memory_service.model.read import PageRequest
from memory_service.store.history import Past, Place
from memory_service.store.history_keeping import (
    delete_vectors,
    delete_versions,
    vectors_over,
    versions_over,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from memory_service.model.entry import Entry
    from memory_service.model.filters import Filter
    from memory_service.model.history import AsOf, Keeping, Version
    from memory_service.model.read import Page
    from memory_service.store.catalogue.catalogue import Shelf
    from memory_service.store.connection import Database


class LocalPast:
    """Versions that are no more, over one database."""

    def __init__(self, database: Database, keeping: Keeping) -> None:
        self._database = database
        self._keeping = keeping
        self.past = Past(database, keeping)

    def history(
        self, shelf: Shelf, entry_id: str, *, now: datetime, limit: int
    ) -> tuple[Version, ...]:
        """See `Backend.history`."""
        found = self.past.history(_place(shelf), entry_id, now=now, limit=limit)
        if not found:
            raise not_found(shelf.name)
        return found

    def entry(self, shelf: Shelf, entry_id: str, *, now: datetime, as_of: AsOf) -> Entry:
        """See `Backend.get`."""
        request = PageRequest(namespace=shelf.name, now=now, limit=1)
        found = self.past.entry(_place(shelf), entry_id, request, as_of)
        if found is None:
            raise EntryNotFoundError(
                f"The namespace {shelf.name!r} held no entry of that id then, or that version is "
                "not kept any more."
            )
        return found

    def page(self, shelf: Shelf, request: PageRequest, as_of: AsOf) -> Page:
        """See `Backend.page`."""
        return self.past.page(_place(shelf), request, as_of)

    def forgotten_ids(self, shelf: Shelf, filter: Filter | None, *, now: datetime) -> list[str]:
        """See `Backend.forgotten`."""
        return self.past.forgotten_ids(_place(shelf), filter, now=now)

    def trim(self, now: datetime, run: Callable[[Callable[[], None]], None]) -> None:
        """Delete for good what may no longer be asked for, a few at a time.

        Only the deleting is given to *run*, which holds up writes; the looking is not.
        """
        for find, delete in ((vectors_over, delete_vectors), (versions_over, delete_versions)):
            while ordinals := find(self._database, self._keeping, now):
                run(_deleting(delete, self._database, ordinals))


def _deleting(
    delete: Callable[[Database, Sequence[int]], None], database: Database, ordinals: Sequence[int]
) -> Callable[[], None]:
    return lambda: delete(database, ordinals)


def _place(shelf: Shelf) -> Place:
    return Place(number=shelf.number, name=shelf.name)


def not_found(namespace: str) -> EntryNotFoundError:
    """There is no such entry."""
    return EntryNotFoundError(f"The namespace {namespace!r} holds no entry of that id.")
