"""Brings another model to serve, in the background: embeds every entry with it, then switches."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from memory_service.engine.model_use import ModelUse
from memory_service.engine.next_models import ReembedState, ReembedStatus
from memory_service.errors import ConfigurationError, NamespaceNotFoundError
from memory_service.model.write import AddVectors, WriteRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from memory_service.engine.models import Models
    from memory_service.engine.next_models import AnotherModel, LoadedModel
    from memory_service.engine.options import EngineOptions
    from memory_service.model.read import PendingEntry
    from memory_service.protocols import Backend, Reembedding

_log = logging.getLogger(__name__)


class ReembeddingWork:
    """Does what is wished, a batch at a time, and starts where it was interrupted.

    A model that cannot be loaded is not tried again before the next `look`.  Otherwise a failure
    is followed by another try after `retry_seconds`.

    Args:
        another: What gathers vectors in the store, and which model is to serve.
        backend: The store; takes the vectors.
        models: Where writes get their vectors.
        take_over: Lets a loaded model serve if the backend agrees; called once all is embedded.
        options: How many entries at once, and how long to wait after a failure.
        clock: The time.
    """

    def __init__(
        self,
        another: AnotherModel,
        *,
        backend: Backend,
        models: Models,
        take_over: Callable[[LoadedModel, Reembedding], bool],
        options: EngineOptions,
        clock: Callable[[], datetime],
    ) -> None:
        self._backend = backend
        self._reembedding = another.reembedding
        self._wishes = another.wishes
        self._models = models
        self._take_over = take_over
        self._options = options
        self._clock = clock
        self._loaded: LoadedModel | None = None
        self._status: ReembedStatus | None = None
        self._refused = ""

    @property
    def name(self) -> str:
        """`reembedding`."""
        return "reembedding"

    @property
    def status(self) -> ReembedStatus | None:
        """How far it is; `None` when no other model is on its way."""
        status = self._status
        if status is None:
            return None
        total = self._backend.status().entries
        left = total if self._reembedding.coming is None else self._reembedding.left
        return replace(status, done=max(0, total - left), total=total)

    def look(self) -> ReembedStatus | None:
        """See what is wished now; the work itself is done by `run_once`."""
        self._refused = ""
        wanted = self._wishes.wanted()
        if wanted and (self._status is None or self._status.model != wanted):
            self._say(wanted, ReembedState.LOADING)
        return self.status if wanted else None

    def asked(self) -> None:
        """A question came in: the model on its way makes room."""
        if (loaded := self._loaded) is not None:
            loaded.asked()

    def run_once(self) -> float | None:
        """Do the next step; 0 while there is more, `None` when there is nothing to do.

        Raises:
            UnavailableError: If the model cannot be run now.
            StorageError: If the store failed.
        """
        wanted = self._wishes.wanted()
        if not wanted:
            self._give_up()
            return None
        if wanted == self._refused:
            return None
        if self._status is None or self._status.model != wanted or self._loaded is None:
            return 0.0 if self._load(wanted) else None
        if self._reembedding.coming is None:
            return 0.0 if self._begin(wanted, self._loaded) else None
        self._say(wanted, ReembedState.EMBEDDING)
        if waiting := self._reembedding.waiting(self._options.embed_batch):
            self._embed(waiting)
            return 0.0
        return self._switch(wanted, self._loaded)

    def failed(self) -> float:
        """The wait before the next try."""
        if self._status is not None:
            detail = "the last try failed; the service's log says more"
            self._say(self._status.model, ReembedState.WAITING, detail)
        return self._options.retry_seconds_most

    def close(self) -> None:
        """Free the model; what was gathered stays, and is gone on with at the next start."""
        self._models.coming = None
        if self._loaded is not None:
            self._loaded.embedder.close()
            self._loaded = None

    def _say(self, model: str, state: ReembedState, detail: str = "") -> None:
        self._status = ReembedStatus(model=model, state=state, done=0, total=0, detail=detail)

    def _give_up(self) -> None:
        self._reembedding.cancel(now=self._clock())
        self.close()
        self._status = None

    def _load(self, wanted: str) -> bool:
        self.close()
        self._say(wanted, ReembedState.LOADING)
        try:
            self._loaded = self._wishes.load(wanted)
        except ConfigurationError as error:
            self._refused = wanted
            self._say(wanted, ReembedState.REFUSED, error.detail)
            _log.warning("the model that is to serve is refused: %s", error.detail)
            return False
        if self._reembedding.coming not in (None, self._loaded.embedder.identity):
            self._reembedding.cancel(now=self._clock())
        elif self._reembedding.coming is not None:
            self._gather(self._loaded)
        return True

    def _begin(self, wanted: str, loaded: LoadedModel) -> bool:
        """Begin to gather, unless the model serves already."""
        identity = loaded.embedder.identity
        if self._reembedding.serving == identity:
            self._wishes.fulfilled(wanted)
            self.close()
            self._status = None
            return False
        self._reembedding.begin(identity, now=self._clock())
        self._gather(loaded)
        return True

    def _gather(self, loaded: LoadedModel) -> None:
        self._models.coming = ModelUse(
            loaded.embedder, loaded.status, on_recovery=lambda: None, patient=loaded.patient
        )

    def _embed(self, entries: Sequence[PendingEntry]) -> None:
        """Give these their vectors; one that was changed or forgotten meanwhile gets none."""
        coming = self._models.coming
        if coming is None:
            return
        passages = coming.passages([entry.key for entry in entries])
        by_namespace: dict[str, list[AddVectors]] = defaultdict(list)
        for entry, of_entry in zip(entries, passages, strict=True):
            add = AddVectors(ordinal=entry.ordinal, passages=of_entry)
            by_namespace[entry.namespace].append(add)
        for namespace, adds in by_namespace.items():
            self._apply(namespace, adds)

    def _apply(self, namespace: str, adds: Sequence[AddVectors]) -> None:
        request = WriteRequest(namespace=namespace, operations=tuple(adds), now=self._clock())
        try:
            self._backend.apply(request)
        except NamespaceNotFoundError:
            return

    def _switch(self, wanted: str, loaded: LoadedModel) -> float | None:
        if not self._take_over(loaded, self._reembedding):
            return 0.0
        # What serves now is closed with the engine, not here.
        self._loaded = self._models.coming = None
        self._wishes.fulfilled(wanted)
        self._status = None
        return None
