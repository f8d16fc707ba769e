"""A backend over dicts, written to be obviously right: the oracle for every other backend."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from memory_service.errors import (
    EntryNotFoundError,
    IdempotencyKeyReusedError,
    IdTakenError,
    InvalidInputError,
    NamespaceNotFoundError,
    StorageError,
    VersionConflictError,
)
from memory_service.model.entry import contextual_key
from memory_service.model.history import Ended, Keeping, Version
from memory_service.model.keeping import CompactReport
from memory_service.model.position import Position
from memory_service.model.read import (
    BackendStatus,
    ChangeKind,
    NamespaceSummary,
    Order,
    Page,
    PendingEntry,
    SessionSummary,
)
from memory_service.model.write import ConfigureNamespace, OutcomeStatus, Put, Receipt
from tests.support.dict_reader import DictReader, turn_order
from tests.support.dict_world import Kept, Space, World
from tests.support.filters import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from memory_service.model.entry import Entry, EntryDraft
    from memory_service.model.filters import Filter
    from memory_service.model.history import AsOf
    from memory_service.model.read import Change, PageRequest
    from memory_service.model.write import Idempotency, Outcome, WriteRequest
    from memory_service.protocols import StoreCopy

_ENDED = {ChangeKind.PUT: Ended.REPLACED, ChangeKind.FORGET: Ended.FORGOTTEN}
_CONFLICTS = {"id_taken": IdTakenError, "version_conflict": VersionConflictError}


@dataclass(frozen=True)
class _Remembered:
    body_digest: bytes
    receipt: Receipt
    at: datetime


class DictBackend:
    """All of `Backend` over dicts; nothing is kept on disk."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        k1: float = 0.9,
        b: float = 0.4,
        idempotency_hours: float = 24.0,
        keeping: Keeping | None = None,
    ) -> None:
        self._clock = clock
        self._k1 = k1
        self._b = b
        self._keep = timedelta(hours=idempotency_hours)
        self._world = World(keeping=keeping or Keeping())
        self._keys: dict[tuple[str, str], _Remembered] = {}
        self._lock = threading.RLock()

    def _space(self, namespace: str) -> Space:
        space = self._world.spaces.get(namespace)
        if space is None:
            raise NamespaceNotFoundError(f"There is no namespace {namespace!r}.")
        return space

    @contextmanager
    def reader(
        self, namespace: str, *, filter: Filter | None, now: datetime
    ) -> Iterator[DictReader]:
        with self._lock:
            space = self._space(namespace)
            still = replace(space, kept={id: replace(each) for id, each in space.kept.items()})
        yield DictReader(still, filter=filter, now=now, k1=self._k1, b=self._b)

    def apply(self, request: WriteRequest) -> Receipt:
        with self._lock:
            if request.idempotency:
                replayed = self.replay(request.namespace, request.idempotency)
                if replayed:
                    return replayed
            creates = any(isinstance(each, Put | ConfigureNamespace) for each in request.operations)
            if not creates:
                self._space(request.namespace)
            receipt = Receipt(outcomes=self._run(request), position=self._world.position)
            if request.idempotency:
                self._keys[(request.namespace, request.idempotency.key)] = _Remembered(
                    request.idempotency.body_digest, receipt, request.now
                )
            return receipt

    def _run(self, request: WriteRequest) -> tuple[Outcome, ...]:
        before = self._world.snapshot()
        try:
            outcomes = tuple(
                self._world.run(request.namespace, operation, request.now)
                for operation in request.operations
            )
            if request.atomic:
                _refuse(outcomes)
        except Exception:
            self._world = before
            raise
        return outcomes

    def replay(self, namespace: str, idempotency: Idempotency) -> Receipt | None:
        found = self._keys.get((namespace, idempotency.key))
        if found is None or found.at + self._keep <= self._clock():
            return None
        if found.body_digest != idempotency.body_digest:
            raise IdempotencyKeyReusedError("The key was used with another body.")
        return replace(found.receipt, replayed=True)

    def unchanged(
        self, namespace: str, drafts: Sequence[EntryDraft], *, now: datetime
    ) -> list[bool]:
        with self._lock:
            space = self._world.spaces.get(namespace)
            kept = [space.kept.get(draft.id) if space else None for draft in drafts]
        return [
            held is not None and not held.entry.expired(now) and _same(held.entry.draft, draft)
            for held, draft in zip(kept, drafts, strict=True)
        ]

    def get(
        self, namespace: str, entry_id: str, *, now: datetime, as_of: AsOf | None = None
    ) -> Entry:
        if as_of is not None:
            found = [
                kept.entry
                for kept in self._live_at(self._space(namespace), now, as_of)
                if kept.entry.id == entry_id
            ]
            if not found:
                raise EntryNotFoundError(f"There was no entry {entry_id!r}.")
            return found[0]
        with self._lock:
            kept = self._space(namespace).kept.get(entry_id)
        if kept is None or kept.entry.expired(now):
            raise EntryNotFoundError(f"There is no entry {entry_id!r}.")
        return kept.entry

    def _live_at(self, space: Space, now: datetime, as_of: AsOf) -> list[Kept]:
        """What was alive then, as far as it is kept."""
        seq, at = self._moment(as_of)
        versions: list[tuple[Kept, int | None]] = [(kept, None) for kept in space.live(now)]
        versions += [(gone.kept, gone.died) for gone in space.past(now, self._world.keeping)]
        return [
            kept
            for kept, died in versions
            if kept.entry.ordinal <= seq and (died is None or died > seq)
            if not kept.entry.expired(at)
        ]

    def _moment(self, as_of: AsOf) -> tuple[int, datetime]:
        changes = self._world.changes
        if isinstance(as_of, datetime):
            before = [change.position.seq for change in changes if change.at <= as_of]
            return max(before, default=0), as_of
        if as_of == Position(epoch=as_of.epoch, seq=0):
            return 0, datetime.fromtimestamp(0, UTC)
        for change in changes:
            if change.position == as_of:
                return as_of.seq, change.at
        raise InvalidInputError("There is no such position.", field="?as_of")

    def history(
        self, namespace: str, entry_id: str, *, now: datetime, limit: int
    ) -> tuple[Version, ...]:
        with self._lock:
            space = self._space(namespace)
            versions = [Version(entry=kept.entry) for kept in space.live(now)] + [
                Version(
                    entry=gone.kept.entry,
                    until=gone.died_at.astimezone(UTC),
                    ended=_ENDED[gone.cause],
                )
                for gone in space.past(now, self._world.keeping)
            ]
        own = [version for version in versions if version.entry.id == entry_id]
        if not own:
            raise EntryNotFoundError(f"There is no entry {entry_id!r}.")
        own.sort(key=lambda version: -version.entry.ordinal)
        return tuple(own[:limit])

    def forgotten(self, namespace: str, filter: Filter | None, *, now: datetime) -> list[str]:
        with self._lock:
            found = self._space(namespace).forgotten(now, self._world.keeping)
        entries = [gone.kept.entry for gone in found.values()]
        return [entry.id for entry in entries if filter is None or matches(filter, entry)]

    def page(self, request: PageRequest) -> Page:
        with self._lock:
            space = self._space(request.namespace)
            live = (
                space.live(request.now)
                if request.as_of is None
                else self._live_at(space, request.now, request.as_of)
            )
        turns = request.order is Order.TURN
        keyed = [(turn_order(kept) if turns else (0, kept.first_seq), kept.entry) for kept in live]
        rows = [
            (key, entry)
            for key, entry in sorted(keyed, key=lambda row: row[0])
            if (request.after is None or key > request.after)
            and (request.filter is None or matches(request.filter, entry))
        ]
        shown = rows[: request.limit]
        following = shown[-1][0] if shown and len(rows) > len(shown) else None
        missing = 0
        if request.as_of is not None and request.after is None:
            missing = self._missing(space, request.now, request.as_of)
        return Page(entries=tuple(entry for _, entry in shown), next=following, missing=missing)

    def _missing(self, space: Space, now: datetime, as_of: AsOf) -> int:
        """How many were there then, of all that ever was, beyond those that are kept."""
        seq, _ = self._moment(as_of)

        def there(versions: list[tuple[Kept, int]]) -> set[int]:
            return {
                kept.entry.ordinal for kept, died in versions if kept.entry.ordinal <= seq < died
            }

        never = self._world.position.seq + 1
        ever = [(kept, never) for kept in space.kept.values()]
        ever += [(gone.kept, gone.died) for gone in space.gone]
        known = [(kept, never) for kept in space.live(now)]
        known += [(gone.kept, gone.died) for gone in space.past(now, self._world.keeping)]
        return len(there(ever) - there(known))

    def sessions(
        self, namespace: str, *, now: datetime, after: str | None, limit: int
    ) -> list[SessionSummary]:
        with self._lock:
            live = self._space(namespace).live(now)
        by_name: dict[str, list[Kept]] = {}
        for kept in live:
            name = kept.entry.draft.session
            if name is not None and (after is None or name > after):
                by_name.setdefault(name, []).append(kept)
        return [_summary(name, by_name[name]) for name in sorted(by_name)[:limit]]

    def namespaces(self) -> list[NamespaceSummary]:
        with self._lock:
            return [
                NamespaceSummary(
                    name=name,
                    entries=len(space.kept),
                    pending=sum(not kept.entry.embedded for kept in space.kept.values()),
                    settings=dict(space.settings),
                )
                for name, space in sorted(self._world.spaces.items())
            ]

    def _all(self) -> list[Kept]:
        with self._lock:
            kept = [each for space in self._world.spaces.values() for each in space.kept.values()]
        return sorted(kept, key=lambda each: each.entry.ordinal)

    def pending(self, limit: int) -> list[PendingEntry]:
        waiting = [kept.entry for kept in self._all() if not kept.entry.embedded]
        return [
            PendingEntry(
                namespace=entry.namespace, ordinal=entry.ordinal, key=contextual_key(entry.draft)
            )
            for entry in waiting[:limit]
        ]

    def expired(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        gone = [
            (kept.entry.draft.expires_at, kept.entry.ordinal, kept.entry)
            for kept in self._all()
            if kept.entry.draft.expires_at and kept.entry.expired(now)
        ]
        gone.sort(key=lambda row: row[:2])
        return [(entry.namespace, entry.id) for _, _, entry in gone[:limit]]

    def changes(self, after: int, limit: int) -> list[Change]:
        with self._lock:
            return self._world.changes[after : after + limit]

    def status(self) -> BackendStatus:
        kept = self._all()
        return BackendStatus(
            cluster_id="dict",
            position=self._world.position,
            namespaces=len(self._world.spaces),
            entries=len(kept),
            pending=sum(not each.entry.embedded for each in kept),
        )

    def maintain(self) -> None:
        """Nothing is ever due."""

    def copy(self) -> StoreCopy:
        raise StorageError("Nothing is kept on disk that could be copied.")

    def compact(self) -> CompactReport:
        """Nothing is kept of what is no more."""
        return CompactReport(
            position=self._world.position,
            bytes_before=0,
            bytes_after=0,
            writes_waited=0.0,
            removed=(),
            not_covered=(),
        )

    def close(self) -> None:
        """Nothing is held."""


def _refuse(outcomes: tuple[Outcome, ...]) -> None:
    for outcome in outcomes:
        if outcome.status is OutcomeStatus.REJECTED:
            raise _CONFLICTS[outcome.error_code](outcome.error_detail)


def _summary(name: str, kept: list[Kept]) -> SessionSummary:
    times = [each.entry.draft.event_time for each in kept]
    known = [time.astimezone(UTC) for time in times if time is not None]
    return SessionSummary(
        session=name,
        entries=len(kept),
        first_time=min(known, default=None),
        last_time=max(known, default=None),
    )


def _same(one: EntryDraft, other: EntryDraft) -> bool:
    """Equal to the letter: equal instants may be written in different offsets."""
    return one == other and _offset(one) == _offset(other)


def _offset(draft: EntryDraft) -> timedelta | None:
    return draft.event_time.utcoffset() if draft.event_time else None
