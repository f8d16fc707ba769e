"""Takes out what has expired, and lets the backend tidy up."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from memory_service.errors import NamespaceNotFoundError
from memory_service.model.write import Forget, ForgetReason, OutcomeStatus, WriteRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from memory_service.protocols import Backend

#: Expired entries taken out in one go, so that a sweep never holds up writes for long.
SWEEP_BATCH = 256


class Upkeep:
    """Sweeps and maintains every `seconds`."""

    def __init__(self, *, backend: Backend, clock: Callable[[], datetime], seconds: float) -> None:
        self._backend = backend
        self._clock = clock
        self._seconds = seconds

    @property
    def name(self) -> str:
        """`upkeep`."""
        return "upkeep"

    def run_once(self) -> float:
        """Sweep all that has expired, then maintain; the wait until the next time.

        Raises:
            StorageError: If the store failed.
        """
        now = self._clock()
        while self._sweep(now):
            pass
        self._backend.maintain()
        return self._seconds

    def failed(self) -> float:
        """The same wait as after success."""
        return self._seconds

    def _sweep(self, now: datetime) -> int:
        """Take out one batch; how many went."""
        by_namespace: dict[str, list[str]] = defaultdict(list)
        for namespace, entry_id in self._backend.expired(now, SWEEP_BATCH):
            by_namespace[namespace].append(entry_id)
        return sum(self._forget(name, ids, now) for name, ids in by_namespace.items())

    def _forget(self, namespace: str, ids: list[str], now: datetime) -> int:
        forgets = tuple(Forget(id=one, reason=ForgetReason.EXPIRED) for one in ids)
        request = WriteRequest(namespace=namespace, operations=forgets, now=now)
        try:
            receipt = self._backend.apply(request)
        except NamespaceNotFoundError:
            return 0
        return sum(one.status is OutcomeStatus.FORGOTTEN for one in receipt.outcomes)
