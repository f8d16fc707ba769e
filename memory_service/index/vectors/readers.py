"""Who reads now, so that nothing is written over that somebody may still look at."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Readers:
    """Counts time in steps; knows in which step each reader began that is still reading.

    A reader takes what it reads after it has begun.  So what was taken out of sight before a step
    is seen by nobody once all readers have begun in that step or later.
    """

    def __init__(self) -> None:
        self._began: dict[object, int] = {}
        self._now = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read; thread-safe."""
        token = object()
        self._began[token] = self._now
        try:
            yield
        finally:
            del self._began[token]

    def step(self) -> int:
        """Begin the next step; its number."""
        self._now += 1
        return self._now

    def oldest(self) -> int:
        """The step in which the reader began that has been reading longest; now without one."""
        return min(self._began.copy().values(), default=self._now)
