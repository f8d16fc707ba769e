"""Which idempotency keys are at work right now."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from memory_service.errors import IdempotencyInProgressError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory_service.model.write import Idempotency


class InFlight:
    """Lets one call per namespace and idempotency key through at a time."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def claim(self, namespace: str, idempotency: Idempotency | None) -> Iterator[None]:
        """Hold the key for the length of the block; without a key, hold nothing.

        Raises:
            IdempotencyInProgressError: If another call holds it.
        """
        if idempotency is None:
            yield
            return
        claimed = (namespace, idempotency.key)
        with self._lock:
            if claimed in self._keys:
                detail = "the first call with this idempotency key still runs; retry in a moment"
                raise IdempotencyInProgressError(detail, field="Idempotency-Key")
            self._keys.add(claimed)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(claimed)
