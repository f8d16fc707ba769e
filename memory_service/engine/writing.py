"""Remember, update, forget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.engine.changing import changed
from memory_service.engine.inflight import InFlight
from memory_service.engine.requests import EmbedMode
from memory_service.engine.validation import (
    check_id,
    check_idempotency,
    check_namespace,
    checked_draft,
)
from memory_service.errors import (
    ConflictError,
    EntryNotFoundError,
    InvalidInputError,
    TooManyEntriesError,
    UnavailableError,
    VersionConflictError,
)
from memory_service.model.entry import contextual_key
from memory_service.model.write import (
    Forget,
    OnConflict,
    Outcome,
    OutcomeStatus,
    Put,
    Receipt,
    WriteRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from memory_service.engine.models import Models
    from memory_service.engine.requests import RememberRequest, UpdateRequest
    from memory_service.model.entry import Entry, EntryDraft
    from memory_service.model.write import Idempotency, Passage
    from memory_service.protocols import Backend

    Passages = tuple[Passage, ...] | None

#: Entries of one call.
MOST_ENTRIES = 256
#: How often an update without a version is tried again when another write came between.
UPDATE_TRIES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedDrafts:
    """A call's drafts: those to store, in order, and the outcome of each refused, by place."""

    accepted: tuple[EntryDraft, ...]
    refused: Mapping[int, Outcome]

    def outcomes(self, written: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """Both kinds of outcome in the order of the call."""
        rest = iter(written)
        total = len(self.accepted) + len(self.refused)
        return tuple(self.refused.get(place) or next(rest) for place in range(total))


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedEntries:
    """A call of `remember` up to its commit: which drafts are taken, and their passages."""

    request: RememberRequest
    drafts: SortedDrafts
    passages: tuple[Passages, ...]


class Writing:
    """Turns callers' wishes into committed operations.

    Args:
        backend: Where entries live.
        model: Embeds them.
        clock: The time.
        new_id: Ids for entries without one.
        on_pending: Called after a write that left entries waiting for their vectors.
    """

    def __init__(
        self,
        *,
        backend: Backend,
        model: Models,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        on_pending: Callable[[], None],
    ) -> None:
        self._backend = backend
        self._model = model
        self._clock = clock
        self._new_id = new_id
        self._on_pending = on_pending
        self.in_flight = InFlight()

    def remember(self, request: RememberRequest) -> Receipt:
        """Store entries; see `MemoryEngine.remember`."""
        _check_remember(request)
        with self.in_flight.claim(request.namespace, request.idempotency):
            return self._commit(self._prepare(request))

    def prepare(self, request: RememberRequest) -> PreparedEntries:
        """Do all of a `remember` but the commit; see `MemoryEngine.prepare`."""
        _check_remember(request)
        return self._prepare(request)

    def commit(self, prepared: PreparedEntries) -> Receipt:
        """Store what was prepared; see `MemoryEngine.commit`."""
        request = prepared.request
        with self.in_flight.claim(request.namespace, request.idempotency):
            return self._commit(prepared)

    def update(self, request: UpdateRequest) -> Receipt:
        """Change fields of one entry; see `MemoryEngine.update`."""
        check_namespace(request.namespace)
        check_id(request.id)
        check_idempotency(request.idempotency)
        with self.in_flight.claim(request.namespace, request.idempotency):
            receipt = self._replayed(request.namespace, request.idempotency)
            return receipt or self._update(request)

    def forget(
        self,
        namespace: str,
        entry_id: str,
        *,
        if_version: int | None,
        purge: bool,
        idempotency: Idempotency | None,
    ) -> Receipt:
        """Forget one entry; see `MemoryEngine.forget`."""
        check_namespace(namespace)
        check_id(entry_id)
        check_idempotency(idempotency)
        with self.in_flight.claim(namespace, idempotency):
            receipt = self._backend.apply(
                WriteRequest(
                    namespace=namespace,
                    operations=(Forget(id=entry_id, if_version=if_version, purge=purge),),
                    now=self._clock(),
                    idempotency=idempotency,
                )
            )
        _raise_refusal(receipt.outcomes[0])
        if receipt.outcomes[0].status is OutcomeStatus.MISSING:
            detail = f"The namespace {namespace!r} holds no entry of that id."
            raise EntryNotFoundError(detail, field="/id")
        return receipt

    def _sort(self, drafts: Sequence[EntryDraft]) -> SortedDrafts:
        accepted: list[EntryDraft] = []
        refused: dict[int, Outcome] = {}
        for place, draft in enumerate(drafts):
            try:
                accepted.append(checked_draft(draft, self._new_id))
            except InvalidInputError as error:
                refused[place] = _refusal(draft.id, error)
        return SortedDrafts(accepted=tuple(accepted), refused=refused)

    def _prepare(self, request: RememberRequest) -> PreparedEntries:
        drafts = self._sort(request.drafts)
        passages: list[Passages] = [None] * len(drafts.accepted)
        if not self._replayed(request.namespace, request.idempotency):
            passages = self._passages(request.namespace, drafts.accepted, request.embed)
        return PreparedEntries(request=request, drafts=drafts, passages=tuple(passages))

    def _commit(self, prepared: PreparedEntries) -> Receipt:
        request, drafts = prepared.request, prepared.drafts
        receipt = self._replayed(request.namespace, request.idempotency)
        if receipt is None:
            receipt = self._store(prepared)
        return Receipt(
            outcomes=drafts.outcomes(receipt.outcomes),
            position=receipt.position,
            replayed=receipt.replayed,
        )

    def _replayed(self, namespace: str, idempotency: Idempotency | None) -> Receipt | None:
        return self._backend.replay(namespace, idempotency) if idempotency else None

    def _store(self, prepared: PreparedEntries) -> Receipt:
        request, drafts = prepared.request, prepared.drafts.accepted
        if not drafts:
            return Receipt(outcomes=(), position=self._backend.status().position)
        return self._apply(
            WriteRequest(
                namespace=request.namespace,
                operations=tuple(
                    Put(
                        draft=draft,
                        passages=of_draft,
                        on_conflict=request.on_conflict,
                        collapse=request.collapse,
                        if_version=request.if_version,
                    )
                    for draft, of_draft in zip(drafts, prepared.passages, strict=True)
                ),
                now=self._clock(),
                idempotency=request.idempotency,
            )
        )

    def _update(self, request: UpdateRequest) -> Receipt:
        for _ in range(UPDATE_TRIES):
            entry = self._backend.get(request.namespace, request.id, now=self._clock())
            receipt = self._put_over(entry, request)
            if receipt.outcomes[0].error_code != VersionConflictError.code:
                _raise_refusal(receipt.outcomes[0])
                return receipt
            if request.if_version is not None:
                break
        raise VersionConflictError("the entry was changed meanwhile; get it and try again")

    def _put_over(self, entry: Entry, request: UpdateRequest) -> Receipt:
        version = entry.version if request.if_version is None else request.if_version
        draft = checked_draft(changed(entry.draft, request.changes), self._new_id)
        if version != entry.version:
            detail = f"the entry is at version {entry.version}, not {version}; get it and try again"
            raise VersionConflictError(detail)
        put = Put(
            draft=draft,
            passages=self._passages(request.namespace, (draft,), request.embed)[0],
            on_conflict=OnConflict.REPLACE,
            if_version=version,
        )
        return self._apply(
            WriteRequest(
                namespace=request.namespace,
                operations=(put,),
                now=self._clock(),
                idempotency=request.idempotency,
            )
        )

    def _apply(self, request: WriteRequest) -> Receipt:
        receipt = self._backend.apply(request)
        if not all(outcome.embedded for outcome in receipt.outcomes):
            self._on_pending()
        return receipt

    def _passages(
        self, namespace: str, drafts: Sequence[EntryDraft], mode: EmbedMode
    ) -> list[Passages]:
        """Each draft's passages; `None` for one that waits, or that is stored already.

        A model that fails leaves them all waiting: a write is accepted without it.
        """
        found: list[Passages] = [None] * len(drafts)
        if mode is EmbedMode.ASYNC or not self._model.present:
            return found
        # What is stored already is not embedded again: an import may be repeated at little cost.
        unchanged = self._backend.unchanged(namespace, drafts, now=self._clock())
        fresh = [place for place, same in enumerate(unchanged) if not same]
        if not fresh:
            return found
        try:
            made = self._model.passages([contextual_key(drafts[place]) for place in fresh])
        except UnavailableError:
            return found
        for place, passages in zip(fresh, made, strict=True):
            found[place] = passages
        return found


def _check_remember(request: RememberRequest) -> None:
    check_namespace(request.namespace)
    check_idempotency(request.idempotency)
    count = len(request.drafts)
    if count > MOST_ENTRIES:
        detail = f"one call takes at most {MOST_ENTRIES} entries, not {count}; send several"
        raise TooManyEntriesError(detail, field="/entries")
    if not count:
        raise InvalidInputError("there is no entry to remember", field="/entries")
    if request.if_version is not None and count > 1:
        raise InvalidInputError("a version can be named for one entry only", field="/entries")


def _refusal(entry_id: str, error: InvalidInputError) -> Outcome:
    detail = f"{error.field}: {error.detail}" if error.field else error.detail
    return Outcome(
        status=OutcomeStatus.REJECTED,
        id=entry_id,
        error_code=error.code,
        error_detail=detail,
        error_field=error.field or "",
    )


def _raise_refusal(outcome: Outcome) -> None:
    """Raise what the backend refused a call of one operation for."""
    if outcome.error_code == VersionConflictError.code:
        raise VersionConflictError(outcome.error_detail)
    if outcome.status is OutcomeStatus.REJECTED:
        raise ConflictError(outcome.error_detail)
