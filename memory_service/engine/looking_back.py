"""Earlier versions, moments of the past, and taking back what was forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.engine.requests import RestoreReport
from memory_service.engine.validation import (
    check_count,
    check_id,
    check_idempotency,
    check_namespace,
)
from memory_service.errors import InvalidInputError
from memory_service.model.write import OutcomeStatus, Restore, WriteRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from memory_service.engine.inflight import InFlight
    from memory_service.engine.requests import RestoreRequest
    from memory_service.model.entry import Entry
    from memory_service.model.history import AsOf, Version
    from memory_service.model.write import Receipt
    from memory_service.protocols import Backend

#: Versions of one answer, and how many ids and refusals a report names.
MOST_VERSIONS = 1000
REPORTED = 100
#: Ids of one call.
MOST_IDS = 256


class LookingBack:
    """What concerns the past of a namespace, as far as it is kept (see `Keeping`).

    Args:
        backend: Where entries live.
        clock: The time.
        in_flight: The idempotency keys at work, shared with other writes.
        on_pending: Called after something came back that waits for its vectors.
    """

    def __init__(
        self,
        *,
        backend: Backend,
        clock: Callable[[], datetime],
        in_flight: InFlight,
        on_pending: Callable[[], None],
    ) -> None:
        self._backend = backend
        self._clock = clock
        self._in_flight = in_flight
        self._on_pending = on_pending

    def get(self, namespace: str, entry_id: str, as_of: AsOf) -> Entry:
        """One entry as it was.

        Raises:
            NotFoundError: If there is no such namespace, or it held no such entry then, or that
                version is not kept.
            InvalidInputError: If *as_of* is a position of another log.
        """
        check_namespace(namespace)
        check_id(entry_id)
        return self._backend.get(namespace, entry_id, now=self._clock(), as_of=as_of)

    def history(self, namespace: str, entry_id: str, limit: int) -> tuple[Version, ...]:
        """The newest *limit* (1 to 1000) versions of an entry that are kept, newest first.

        Raises:
            NotFoundError: If there is no such namespace, or nothing is kept of the entry.
            InvalidLimitError: If *limit* is out of range.
        """
        check_namespace(namespace)
        check_id(entry_id)
        check_count("history", limit, low=1, high=MOST_VERSIONS)
        return self._backend.history(namespace, entry_id, now=self._clock(), limit=limit)

    def restore(self, request: RestoreRequest) -> RestoreReport:
        """Take back that entries were forgotten: some by their ids, or all that match a filter.

        Raises:
            NamespaceNotFoundError: If there is no such namespace.
            InvalidInputError: If neither or both are given, or more than 256 ids.
            ConflictError: If the first call with this idempotency key still runs.
        """
        check_namespace(request.namespace)
        check_idempotency(request.idempotency)
        _check_ids(request)
        with self._in_flight.claim(request.namespace, request.idempotency):
            known = request.idempotency
            receipt = self._backend.replay(request.namespace, known) if known else None
            return _report(receipt) if receipt else self._restore(request)

    def _restore(self, request: RestoreRequest) -> RestoreReport:
        now, ids = self._clock(), request.ids
        if request.filter is not None:
            ids = tuple(self._backend.forgotten(request.namespace, request.filter, now=now))
        if request.dry_run or not ids:
            position = self._backend.status().position
            return RestoreReport(
                matched=len(ids), restored=0, ids=ids[:REPORTED], refused=(), position=position
            )
        receipt = self._backend.apply(
            WriteRequest(
                namespace=request.namespace,
                operations=tuple(Restore(id=id) for id in ids),
                now=now,
                idempotency=request.idempotency,
            )
        )
        if any(
            one.status is OutcomeStatus.RESTORED and not one.embedded for one in receipt.outcomes
        ):
            self._on_pending()
        return _report(receipt)


def _check_ids(request: RestoreRequest) -> None:
    if bool(request.ids) == (request.filter is not None):
        raise InvalidInputError("send either ids or a filter")
    if request.dry_run and request.ids:
        raise InvalidInputError("dry_run goes with a filter", field="/dry_run")
    if len(request.ids) > MOST_IDS:
        detail = f"at most {MOST_IDS} ids in one call, not {len(request.ids)}"
        raise InvalidInputError(detail, field="/ids")
    for place, id in enumerate(request.ids):
        check_id(id, field=f"/ids/{place}")


def _report(receipt: Receipt) -> RestoreReport:
    restored = [one.id for one in receipt.outcomes if one.status is OutcomeStatus.RESTORED]
    refused = [one for one in receipt.outcomes if one.status is not OutcomeStatus.RESTORED]
    return RestoreReport(
        matched=len(receipt.outcomes),
        restored=len(restored),
        ids=tuple(restored[:REPORTED]),
        refused=tuple(refused[:REPORTED]),
        position=receipt.position,
        replayed=receipt.replayed,
    )
