"""Writing the head file while the store runs."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

from memory_service.errors import StorageError
from memory_service.store.head import RECORD_BYTES, HeadRecord, packed, slot_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.model.position import Position

_LOG = logging.getLogger(__name__)

#: How long a record waits at most before it is synced to the disk, in seconds.
SYNC_SECONDS = 0.05


class HeadFile:
    """A head file that is open; `note` is for the thread that writes.

    A record is with the kernel when `note` returns, so that it outlives the process; a thread of
    its own brings it to the disk within *seconds*.
    """

    def __init__(
        self,
        file: Path,
        *,
        cluster_id: str,
        slot: int,
        seconds: float = SYNC_SECONDS,
        sync: Callable[[int], None] = os.fdatasync,
        on_failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Open *file*, whose newest record stands in *slot*; *on_failed* hears of a failed sync.

        Raises:
            OSError: If it cannot be opened.
        """
        self._file = file
        self._cluster_id = cluster_id
        self._slot = slot
        self._seconds = seconds
        self._sync = sync
        self._on_failed = on_failed
        self._failed = False
        self._unsynced = threading.Event()
        self._closing = threading.Event()
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._loop, name="head-sync", daemon=True)
        self._thread.start()

    def note(self, position: Position) -> None:
        """Record that the log has come to *position*.

        Raises:
            StorageError: If it cannot be recorded, or an earlier record could not be synced.
        """
        record = packed(HeadRecord(cluster_id=self._cluster_id, position=position))
        slot = slot_after(self._slot)
        try:
            written = os.pwrite(self._descriptor, record, slot * RECORD_BYTES)
        except OSError as error:
            raise self._failure(error.strerror) from error
        if written != RECORD_BYTES or self._failed:
            raise self._failure("cut short" if written != RECORD_BYTES else "not synced")
        self._slot = slot
        self._unsynced.set()

    def sync(self) -> None:
        """Bring what was noted to the disk; after a failure `note` refuses."""
        try:
            self._sync(self._descriptor)
        except OSError as error:
            self._failed = True
            _LOG.error("%s could not be synced: %s", self._file, error.strerror)
            self._on_failed("a sync of the head file failed")

    def close(self) -> None:
        """Sync what is not, and release the file."""
        self._closing.set()
        self._unsynced.set()
        self._thread.join()
        self.sync()
        os.close(self._descriptor)

    def _loop(self) -> None:
        while not self._closing.is_set():
            self._unsynced.wait()
            self._closing.wait(self._seconds)
            self._unsynced.clear()
            self.sync()

    def _failure(self, reason: str | None) -> StorageError:
        return StorageError(
            f"The write is stored, but {self._file} could not record it ({reason}); restart the "
            "daemon."
        )
