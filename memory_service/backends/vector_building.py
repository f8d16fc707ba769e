"""The thread that seals vectors, and compares what was saved with its checksums."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from memory_service.index.vectors.vector_indexes import VectorIndexes

_LOG = logging.getLogger(__name__)

#: Where the system has it: what is asked now goes before what is made ready for later.
_NICENESS = 10
#: How long a stop waits for an index that is being made, in seconds.
_PATIENCE = 5.0


class VectorBuilding:
    """Works on indexes until it is closed."""

    def __init__(self, indexes: VectorIndexes) -> None:
        self._indexes = indexes
        self._working = threading.Lock()
        self._woken = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="vector-building", daemon=True)
        self._thread.start()

    def look(self, numbers: Iterable[int]) -> None:
        """These namespaces have changed."""
        if any(self._indexes.is_due(number) for number in numbers):
            self._woken.set()

    def maintain(self) -> None:
        """Do all that is due, now.

        Raises:
            OSError: If the vectors cannot be read.
            StorageError: If what was sealed cannot be written.
        """
        with self._working:
            for number in self._indexes.due():
                if not self._closed:
                    self._indexes.maintain(number)

    def close(self) -> None:
        """Begin nothing more; what is being made is left where it takes long."""
        self._closed = True
        self._woken.set()
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        self._guarded(self._begin)
        while not self._closed:
            self._woken.wait()
            self._woken.clear()
            self._guarded(self.maintain)

    def _begin(self) -> None:
        """Load what takes long before anybody asks for it, seal what is due, look for damage."""
        for number in self._indexes.large():
            self._indexes.index(number)
        self.maintain()
        while not self._closed and self._indexes.check_some():
            pass

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001  # the thread's boundary
            _LOG.exception("work on the vector indexes failed; it is tried again later")
