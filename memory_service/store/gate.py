"""Lets many in, or one alone."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from memory_service.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Gate:
    """A door that is open until somebody needs the room for themselves.

    Who is inside may enter again while somebody waits to be alone, so a query inside a query never
    waits for itself.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be inside; waits while it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def closed(self, seconds: float) -> Iterator[None]:
        """Be alone.  Not to be called from inside.

        Raises:
            StorageError: If somebody is still inside after *seconds*; nothing was done.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: not self._inside, seconds):
                raise StorageError(
                    f"A query on the store took longer than {seconds:.0f} s, so its file could not "
                    "be replaced; nothing was changed. Try again when fewer entries are listed."
                )
            self._closed = True
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()
