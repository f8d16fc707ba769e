"""Lets many by, or one alone."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Gate:
    """What must not be changed while somebody works with it.

    Who wants to change it waits for those inside; who comes meanwhile waits for the change.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._closed = False
        self._moved = threading.Condition()

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Work with it."""
        with self._moved:
            self._moved.wait_for(lambda: not self._closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._moved:
                self._inside -= 1
                self._moved.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Change it; one at a time does."""
        with self._moved:
            self._closed = True
            self._moved.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._moved:
                self._closed = False
                self._moved.notify_all()
