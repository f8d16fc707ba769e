"""Forget by filter, drop and configure namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.engine.requests import ForgetReport
from memory_service.engine.validation import check_idempotency, check_namespace
from memory_service.model.read import PageRequest
from memory_service.model.write import (
    ConfigureNamespace,
    DropNamespace,
    Forget,
    OutcomeStatus,
    WriteRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from memory_service.engine.inflight import InFlight
    from memory_service.model.entry import Entry
    from memory_service.model.filters import Filter
    from memory_service.model.write import Idempotency, Receipt
    from memory_service.protocols import Backend

#: How many ids a report names.
REPORTED_IDS = 100


class Clearing:
    """What concerns many entries or a whole namespace.

    Args:
        backend: Where entries live.
        clock: The time.
        in_flight: The idempotency keys at work, shared with other writes.
        page_rows: How many entries are matched at a time.
    """

    def __init__(
        self,
        *,
        backend: Backend,
        clock: Callable[[], datetime],
        in_flight: InFlight,
        page_rows: int = 1000,
    ) -> None:
        self._backend = backend
        self._clock = clock
        self._in_flight = in_flight
        self._page_rows = page_rows

    def forget_matching(
        self,
        namespace: str,
        filter: Filter,
        *,
        dry_run: bool,
        purge: bool,
        idempotency: Idempotency | None,
    ) -> ForgetReport:
        """Forget what matches; see `MemoryEngine.forget_matching`."""
        check_namespace(namespace)
        check_idempotency(idempotency)
        with self._in_flight.claim(namespace, idempotency):
            receipt = self._backend.replay(namespace, idempotency) if idempotency else None
            if receipt is not None:
                return _report(receipt)
            now = self._clock()
            forgets = tuple(
                Forget(id=entry.id, if_version=entry.version, purge=purge)
                for entry in self._matching(namespace, filter, now)
            )
            if dry_run or not forgets:
                return self._untouched(forgets)
            request = WriteRequest(
                namespace=namespace, operations=forgets, now=now, idempotency=idempotency
            )
            return _report(self._backend.apply(request))

    def drop(self, namespace: str, idempotency: Idempotency | None) -> ForgetReport:
        """Drop a namespace; see `MemoryEngine.drop_namespace`."""
        receipt = self._apply(namespace, DropNamespace(), idempotency)
        held = sum(one.entries for one in receipt.outcomes)
        return ForgetReport(
            matched=held,
            forgotten=held,
            ids=(),
            position=receipt.position,
            replayed=receipt.replayed,
        )

    def configure(
        self, namespace: str, settings: Mapping[str, str], idempotency: Idempotency | None
    ) -> Receipt:
        """Create or configure a namespace; see `MemoryEngine.configure_namespace`."""
        return self._apply(namespace, ConfigureNamespace(settings=dict(settings)), idempotency)

    def _apply(
        self,
        namespace: str,
        operation: ConfigureNamespace | DropNamespace,
        idempotency: Idempotency | None,
    ) -> Receipt:
        check_namespace(namespace)
        check_idempotency(idempotency)
        with self._in_flight.claim(namespace, idempotency):
            return self._backend.apply(
                WriteRequest(
                    namespace=namespace,
                    operations=(operation,),
                    now=self._clock(),
                    idempotency=idempotency,
                )
            )

    def _matching(self, namespace: str, filter: Filter, now: datetime) -> Iterator[Entry]:
        after: tuple[int, int] | None = None
        while True:
            page = self._backend.page(
                PageRequest(
                    namespace=namespace,
                    now=now,
                    limit=self._page_rows,
                    after=after,
                    filter=filter,
                )
            )
            yield from page.entries
            after = page.next
            if after is None:
                return

    def _untouched(self, forgets: tuple[Forget, ...]) -> ForgetReport:
        return ForgetReport(
            matched=len(forgets),
            forgotten=0,
            ids=tuple(forget.id for forget in forgets[:REPORTED_IDS]),
            position=self._backend.status().position,
        )


def _report(receipt: Receipt) -> ForgetReport:
    gone = [one.id for one in receipt.outcomes if one.status is OutcomeStatus.FORGOTTEN]
    return ForgetReport(
        matched=len(receipt.outcomes),
        forgotten=len(gone),
        ids=tuple(gone[:REPORTED_IDS]),
        position=receipt.position,
        replayed=receipt.replayed,
    )
