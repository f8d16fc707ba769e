"""Vectors for entries that were accepted without them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from memory_service.errors import NamespaceNotFoundError
from memory_service.model.write import AddVectors, OutcomeStatus, WriteRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from memory_service.engine.model_use import ModelUse
    from memory_service.engine.options import EngineOptions
    from memory_service.model.read import PendingEntry
    from memory_service.protocols import Backend


class LateVectors:
    """Embeds waiting entries, oldest first, a batch at a time.

    After a failure it comes back after `retry_seconds`, then twice as long, up to
    `retry_seconds_most`; a batch that goes well starts over.  With nothing to do it sleeps
    until it is woken.
    """

    def __init__(
        self,
        *,
        backend: Backend,
        model: ModelUse,
        options: EngineOptions,
        clock: Callable[[], datetime],
    ) -> None:
        self._backend = backend
        self._model = model
        self._options = options
        self._clock = clock
        self._failures = 0

    @property
    def name(self) -> str:
        """`late-vectors`."""
        return "late-vectors"

    def run_once(self) -> float | None:
        """Embed one batch; 0 while there may be more, `None` when there is not.

        Raises:
            UnavailableError: If the model cannot be run now.
            StorageError: If the vectors could not be stored.
        """
        waiting = self._backend.pending(self._options.embed_batch)
        if not waiting or not self._model.present:
            return None
        by_namespace: dict[str, list[PendingEntry]] = defaultdict(list)
        for entry in waiting:
            by_namespace[entry.namespace].append(entry)
        added = [self._embed(name, entries) for name, entries in by_namespace.items()]
        self._failures = 0
        # A batch whose entries all changed meanwhile says nothing of those behind it.
        more = any(added) or self._backend.pending(self._options.embed_batch) not in ([], waiting)
        return 0.0 if more else None

    def failed(self) -> float:
        """The wait before the next try."""
        seconds = self._options.retry_seconds * 2.0**self._failures
        if seconds < self._options.retry_seconds_most:
            self._failures += 1
        return min(seconds, self._options.retry_seconds_most)

    def _embed(self, namespace: str, entries: Sequence[PendingEntry]) -> int:
        """How many of these got their vectors; an entry changed or forgotten meanwhile does not."""
        passages = self._model.passages([entry.key for entry in entries])
        request = WriteRequest(
            namespace=namespace,
            operations=tuple(
                AddVectors(ordinal=entry.ordinal, passages=of_entry)
                for entry, of_entry in zip(entries, passages, strict=True)
            ),
            now=self._clock(),
        )
        try:
            receipt = self._backend.apply(request)
        except NamespaceNotFoundError:
            return 0
        return sum(one.status is OutcomeStatus.UPDATED for one in receipt.outcomes)
