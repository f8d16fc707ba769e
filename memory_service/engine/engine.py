"""The service itself, without a wire: remember, recall, forget."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from memory_service.engine.background import Background
from memory_service.engine.clearing import Clearing
from memory_service.engine.gate import Gate
from memory_service.engine.late import LateVectors
from memory_service.engine.looking_back import LookingBack
from memory_service.engine.model_use import ModelUse
from memory_service.engine.models import Models
from memory_service.engine.next_model import NextModel, TakeOver
from memory_service.engine.reading import Reading
from memory_service.engine.recalling import Recalling
from memory_service.engine.requests import EngineStatus
from memory_service.engine.upkeep import Upkeep
from memory_service.engine.writing import Writing
from memory_service.model.read import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from memory_service.engine.next_models import AnotherModel, ReembedStatus
    from memory_service.engine.options import EngineOptions, Floor
    from memory_service.engine.requests import (
        ForgetReport,
        ModelStatus,
        Neighbours,
        RememberRequest,
        UpdateRequest,
    )
    from memory_service.engine.writing import PreparedEntries
    from memory_service.model.entry import Entry
    from memory_service.model.filters import Filter
    from memory_service.model.history import AsOf
    from memory_service.model.keeping import CompactReport
    from memory_service.model.read import NamespaceSummary, Page, SessionSummary
    from memory_service.model.recall import RecallAnswer, RecallRequest
    from memory_service.model.write import Idempotency, Receipt
    from memory_service.protocols import Backend, Embedder, Reranker, StoreCopy


class MemoryEngine:
    """All verbs over one backend and one model; thread-safe.  Those of the past are in `past`.

    It owns what it is made from: closing it closes them.

    Args:
        backend: Where entries live.
        embedder: The model; `None` runs on words alone, and new entries wait for vectors.
        model: What is known of the model.
        floor: The cosines of unrelated texts under it; `None` if not measured, then answers
            say `uncorrected`.
        options: Weights, cut, waits.
        clock: The time, aware.
        new_id: Ids for entries without one.
        patient_embedder: The same model for what is remembered, which lets queries go first; by
            default *embedder*.
        reranker: Looks at a ranking's first candidates once more; none by default.
        timer: Seconds that only grow, for deadlines and timings.
        on_closed: Called when everything is closed, to give up what was held for it.
        another_model: How another model comes to serve the store; none does by default.
    """

    def __init__(  # noqa: PLR0913  # all that an engine is made from, by name
        self,
        *,
        backend: Backend,
        embedder: Embedder | None,
        model: ModelStatus,
        floor: Floor | None,
        options: EngineOptions,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        patient_embedder: Embedder | None = None,
        reranker: Reranker | None = None,
        timer: Callable[[], float] = time.perf_counter,
        on_closed: Callable[[], None] = lambda: None,
        another_model: AnotherModel | None = None,
    ) -> None:
        self._backend = backend
        self._on_closed = on_closed
        self._gate = Gate()
        self._model = ModelUse(
            embedder,
            model,
            on_recovery=lambda: self._late.wake(),
            patient=patient_embedder,
        )
        self._models = Models(self._model)
        self._late = Background(
            LateVectors(backend=backend, model=self._model, options=options, clock=clock)
        )
        self._upkeep = Background(
            Upkeep(backend=backend, clock=clock, seconds=options.maintenance_seconds)
        )
        self._reading = Reading(backend=backend, clock=clock)
        self._writing = Writing(
            backend=backend,
            model=self._models,
            clock=clock,
            new_id=new_id,
            on_pending=self._late.nudge,
        )
        self._clearing = Clearing(backend=backend, clock=clock, in_flight=self._writing.in_flight)
        self.past = LookingBack(
            backend=backend,
            clock=clock,
            in_flight=self._writing.in_flight,
            on_pending=self._late.nudge,
        )
        self._recalling = Recalling(
            backend=backend,
            model=self._model,
            reranker=reranker,
            floor=floor,
            options=options,
            clock=clock,
            timer=timer,
        )
        self._reembedding = NextModel(
            another_model,
            backend=backend,
            models=self._models,
            take_over=TakeOver(
                gate=self._gate, model=self._model, recalling=self._recalling, clock=clock
            ),
            options=options,
            clock=clock,
        )

    def start(self) -> None:
        """Begin the background work: late vectors, expiry, upkeep, another model if one is due.

        None of it over a damaged store, which is left as it is.
        """
        if self._backend.status().damage:
            return
        self._late.start()
        self._upkeep.start()
        self._reembedding.start()

    def close(self) -> None:
        """End the background work, let recalls under way finish, close model and backend.

        Raises:
            StorageError: If the backend could not finish; everything else is closed all the same.
        """
        with ExitStack() as last_to_first:
            last_to_first.callback(self._on_closed)
            last_to_first.callback(self._backend.close)
            last_to_first.callback(self._model.close)
            last_to_first.callback(self._recalling.close)
            last_to_first.callback(self._reembedding.stop)
            last_to_first.callback(self._late.stop)
            last_to_first.callback(self._upkeep.stop)

    def remember(self, request: RememberRequest) -> Receipt:
        """Store 1 to 256 entries; one outcome each, in order.

        An entry that is refused is `REJECTED`, with its code, and does not keep the others out.
        Where the model is missing or fails, entries are stored all the same and wait for their
        vectors (`embedded` is false).

        Raises:
            InvalidInputError: If the call as a whole is refused; nothing was stored.
            ConflictError: If the first call with this idempotency key still runs.
            UnavailableError: If this node does not write.
            StorageError: If the store failed; nothing was stored.
        """
        return self._writing.remember(request)

    def prepare(self, request: RememberRequest) -> PreparedEntries:
        """All of `remember` but the commit: many calls can be embedded while others commit.

        Raises:
            InvalidInputError: If the call as a whole is refused.
        """
        return self._writing.prepare(request)

    def commit(self, prepared: PreparedEntries) -> Receipt:
        """Store what was prepared, as `remember` would have."""
        return self._writing.commit(prepared)

    def update(self, request: UpdateRequest) -> Receipt:
        """Change some fields of one entry.

        Without `if_version` a change that another write overtakes is made again on top of it,
        up to 64 times.

        Raises:
            NotFoundError: If there is no such entry.
            InvalidInputError: If a field is unknown or its new value is refused.
            VersionConflictError: If the entry is not at `if_version`.
        """
        return self._writing.update(request)

    def forget(
        self,
        namespace: str,
        id: str,
        *,
        if_version: int | None = None,
        purge: bool = False,
        idempotency: Idempotency | None = None,
    ) -> Receipt:
        """Forget one entry; at once invisible to every read.

        With *purge* what it said is deleted with all its versions, and cannot come back; so are
        the versions that are left of an entry that is not there any more.

        Raises:
            NotFoundError: If there is no such entry.
            VersionConflictError: If the entry is not at *if_version*.
        """
        return self._writing.forget(
            namespace, id, if_version=if_version, purge=purge, idempotency=idempotency
        )

    def forget_matching(
        self,
        namespace: str,
        filter: Filter,
        *,
        dry_run: bool,
        purge: bool = False,
        idempotency: Idempotency | None = None,
    ) -> ForgetReport:
        """Forget, in one commit, every entry that matches now; with *dry_run* only say which.

        *purge* is as for `forget`.

        An entry that changes between being matched and being forgotten stays, and makes
        `forgotten` smaller than `matched`.

        Raises:
            NamespaceNotFoundError: If there is no such namespace.
        """
        return self._clearing.forget_matching(
            namespace, filter, dry_run=dry_run, purge=purge, idempotency=idempotency
        )

    def get(self, namespace: str, id: str) -> Entry:
        """One entry; an expired one is not there.

        Raises:
            NotFoundError: If there is no such entry or namespace.
        """
        return self._reading.get(namespace, id)

    def neighbours(self, namespace: str, id: str, count: int) -> Neighbours:
        """Up to *count* turns (0 to 100) on each side of an entry in its session.

        Raises:
            NotFoundError: If there is no such entry or namespace.
            InvalidLimitError: If *count* is out of range.
        """
        return self._reading.neighbours(namespace, id, count)

    def page(
        self,
        namespace: str,
        *,
        filter: Filter | None = None,
        order: Order = Order.WRITTEN,
        after: tuple[int, int] | None = None,
        limit: int,
        as_of: AsOf | None = None,
    ) -> Page:
        """Entries in order, *limit* (1 to 1001) at a time; *after* is the last page's `next`.

        With *as_of* they are those of then, as far as they are kept.

        Raises:
            NamespaceNotFoundError: If there is no such namespace.
            InvalidLimitError: If *limit* is out of range.
        """
        return self._reading.page(namespace, filter, order, after, limit, as_of)

    def sessions(
        self, namespace: str, *, after: str | None = None, limit: int
    ) -> list[SessionSummary]:
        """Sessions by name, *limit* (1 to 1001) at a time, from the first after *after*.

        Raises:
            NamespaceNotFoundError: If there is no such namespace.
            InvalidLimitError: If *limit* is out of range.
        """
        return self._reading.sessions(namespace, after, limit)

    def recall(self, request: RecallRequest) -> RecallAnswer:
        """Answer each query with as many hits as it deserves.

        A leg that is missing is named in the answer's `degraded`, never left out in silence.

        Raises:
            InvalidInputError: If the request is refused.
            NamespaceNotFoundError: If there is no such namespace.
            DeadlineExceededError: If the caller's time is over.
        """
        self._reembedding.asked()
        with self._gate.passing():
            return self._recalling.recall(request)

    def reembed(self) -> ReembedStatus | None:
        """See which model the one who runs this wishes to serve, and begin or end its way there.

        Returns how far it is; `None` where there is no such wish, or no way to tell one.
        """
        return self._reembedding.look()

    def namespaces(self) -> list[NamespaceSummary]:
        """Every namespace by name."""
        return self._backend.namespaces()

    def configure_namespace(
        self, name: str, settings: Mapping[str, str], *, idempotency: Idempotency | None = None
    ) -> Receipt:
        """Create the namespace if it is not there, and set these of its settings.

        Raises:
            InvalidInputError: If the name, a setting or its value is refused.
            ConflictError: If the first call with this idempotency key still runs.
        """
        return self._clearing.configure(name, settings, idempotency)

    def drop_namespace(self, name: str, *, idempotency: Idempotency | None = None) -> ForgetReport:
        """Forget every entry of the namespace and the namespace itself; `ids` stays empty.

        Raises:
            NamespaceNotFoundError: If there is no such namespace.
            ConflictError: If the first call with this idempotency key still runs.
        """
        return self._clearing.drop(name, idempotency)

    def copy(self) -> StoreCopy:
        """The store at one position, to be read and then closed; writes and recalls go on.

        Raises:
            StorageError: If it cannot be written, for want of room for example.
        """
        return self._backend.copy()

    def compact(self) -> CompactReport:
        """Rewrite the store without what is no more; writes wait shortly, recalls go on.

        Raises:
            StorageError: If it cannot be done; the store is as it was.
        """
        return self._backend.compact()

    def status(self) -> EngineStatus:
        """The engine in figures, from memory; never waits for the store."""
        backend = self._backend.status()
        return EngineStatus(
            cluster_id=backend.cluster_id,
            position=backend.position,
            namespaces=backend.namespaces,
            entries=backend.entries,
            pending=backend.pending,
            model=self._model.status,
            fingerprint=backend.fingerprint,
            embedded_texts=self._model.embedded_texts,
            background_error=self._late.error or self._upkeep.error or self._reembedding.error,
            reembed=self._reembedding.status,
            disk=backend.disk,
            damage=backend.damage,
        )
