"""The backup that a caller is reading: one at a time, known by a name of ours alone.

No caller names a file.  The copy lies in the daemon's own folder, and goes when it was read, when
the next one is made after it was left alone, and when the daemon stops or starts.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.api.lanes import Lane
from memory_service.errors import BackupInProgressError, BackupNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.engine.engine import MemoryEngine
    from memory_service.model.keeping import BackupManifest
    from memory_service.protocols import StoreCopy

#: How long nobody reads from a backup until another one may take its place, in seconds.
LEFT_ALONE = 60.0


@dataclass(slots=True)
class _Held:
    name: str
    copy: StoreCopy
    touched: float


class Backups:
    """Holds at most one copy; thread-safe.

    Args:
        monotonic: Seconds that only grow.

    Attributes:
        lane: Where what takes long is done, so that it keeps nothing else waiting.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self.lane = Lane("keeping", 1)

    def make(self, engine: MemoryEngine) -> tuple[str, BackupManifest]:
        """Copy the store; the copy's name, and what it is.

        Raises:
            BackupInProgressError: If another one is being read.
            StorageError: If it cannot be written.
        """
        with self._lock:
            held = self._held
            if held and self._monotonic() - held.touched < LEFT_ALONE:
                raise BackupInProgressError(
                    "Another backup is being read; try again when it is done, or in a minute if "
                    "its reader is gone."
                )
            self._give_up()
            copy = engine.copy()
            name = secrets.token_urlsafe(16)
            self._held = _Held(name, copy, self._monotonic())
            return name, copy.manifest

    def read(self, name: str, offset: int, most: int) -> bytes:
        """A part of it.

        Raises:
            BackupNotFoundError: If it is not there any more.
        """
        with self._lock:
            held = self._held
            if held is None or not hmac.compare_digest(held.name.encode(), name.encode()):
                raise BackupNotFoundError(
                    "There is no such backup to be read; make another with POST /v1/backups."
                )
            held.touched = self._monotonic()
            return held.copy.read(offset, most)

    def drop(self, name: str) -> None:
        """Give it up; nothing happens if it is not there."""
        with self._lock:
            if self._held and hmac.compare_digest(self._held.name.encode(), name.encode()):
                self._give_up()

    def close(self) -> None:
        """Give up whatever is held."""
        with self._lock:
            self._give_up()

    def stop(self) -> None:
        """Give up what is held, unless it is still being made: the next start removes that."""
        self.lane.close()
        if self._lock.acquire(blocking=False):
            try:
                self._give_up()
            finally:
                self._lock.release()

    def _give_up(self) -> None:
        if self._held:
            self._held.copy.close()
            self._held = None
