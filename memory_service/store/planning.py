"""What a write does: decided against a stage, without touching the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from memory_service.errors import (
    ConflictError,
    IdempotencyKeyReusedError,
    IdTakenError,
    NamespaceNotFoundError,
    VersionConflictError,
)
from memory_service.model.write import (
    AddVectors,
    ConfigureNamespace,
    DropNamespace,
    Forget,
    Operation,
    Outcome,
    OutcomeStatus,
    Put,
    Receipt,
    Restore,
)
from memory_service.store.catalogue.receipts import Remembered
from memory_service.store.payload import instant
from memory_service.store.plan_entry import add_vectors, forget, put
from memory_service.store.plan_namespace import configure, drop
from memory_service.store.plan_restore import restore
from memory_service.store.records import ReceiptRow
from memory_service.store.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from memory_service.model.write import Idempotency, WriteRequest
    from memory_service.store.catalogue.catalogue import Catalogue
    from memory_service.store.history import Forgotten, Past
    from memory_service.store.making import Making

_CONFLICTS: dict[str, type[ConflictError]] = {
    error.code: error for error in (IdTakenError, VersionConflictError)
}
_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Decides writes; a receipt is remembered for *idempotency_hours*.

    *past* knows what was forgotten before the writes that are being planned.
    """

    making: Making
    past: Past
    idempotency_hours: float

    def plan(self, stage: Stage, request: WriteRequest) -> Receipt:
        """Do all of *request* on *stage*, or nothing of it if it raises.

        Raises:
            NamespaceNotFoundError: If it is not there and nothing in the request creates it.
            InvalidInputError: If a setting is not acceptable, or the key was used before.
            ConflictError: If the request is atomic and an operation was refused.
        """
        known = request.idempotency
        if known and (replayed := self.replay(stage, request.namespace, known, request.now)):
            return replayed
        _demand_namespace(stage, request)
        above = Stage(stage)
        forgotten = self._forgotten(above, request)
        outcomes = tuple(self._run(above, request, each, forgotten) for each in request.operations)
        if request.atomic:
            _refuse(outcomes)
        receipt = Receipt(outcomes=outcomes, position=above.position)
        if known:
            _remember(above, request, known, receipt)
        stage.absorb(above)
        return receipt

    def replay(
        self, receipts: Catalogue | Stage, namespace: str, known: Idempotency, now: datetime
    ) -> Receipt | None:
        """The receipt of an earlier write with this key, if there is one.

        Raises:
            IdempotencyKeyReusedError: If the key was used with another body.
        """
        found = receipts.receipt(namespace, known.key)
        if found is None or found.at + self.idempotency_hours * _HOUR <= instant(now):
            return None
        if found.body_digest != known.body_digest:
            raise IdempotencyKeyReusedError(
                "This idempotency key was used before with another body; use a new key."
            )
        return replace(found.receipt, replayed=True)

    def _forgotten(self, stage: Stage, request: WriteRequest) -> Mapping[str, Forgotten]:
        """What the request may take back, by id."""
        ids = [each.id for each in request.operations if isinstance(each, Restore)]
        shelf = stage.shelf(request.namespace)
        return self.past.forgotten(shelf.number, ids, now=request.now) if ids and shelf else {}

    def _run(
        self,
        stage: Stage,
        request: WriteRequest,
        operation: Operation,
        forgotten: Mapping[str, Forgotten],
    ) -> Outcome:
        name, now = request.namespace, request.now
        match operation:
            case Put():
                return put(self.making, stage, name, operation, now)
            case Forget():
                return forget(stage, name, operation, now)
            case Restore(id=id):
                return restore(self.making, stage, name, id, forgotten.get(id), now)
            case AddVectors():
                return add_vectors(self.making, stage, name, operation, now)
            case ConfigureNamespace():
                return configure(self.making, stage, name, operation, now)
            case DropNamespace():
                return drop(stage, name, now)


def _demand_namespace(stage: Stage, request: WriteRequest) -> None:
    creates = any(isinstance(each, Put | ConfigureNamespace) for each in request.operations)
    if not creates and stage.shelf(request.namespace) is None:
        raise NamespaceNotFoundError(
            f"There is no namespace {request.namespace!r}; it begins with its first entry."
        )


def _refuse(outcomes: tuple[Outcome, ...]) -> None:
    for outcome in outcomes:
        if outcome.status is OutcomeStatus.REJECTED:
            raise _CONFLICTS[outcome.error_code](outcome.error_detail)


def _remember(stage: Stage, request: WriteRequest, known: Idempotency, receipt: Receipt) -> None:
    remembered = Remembered(known.body_digest, receipt, instant(request.now))
    stage.remember(request.namespace, known.key, remembered)
    stage.rows.receipts.append(ReceiptRow(request.namespace, known.key, remembered))
