"""Where a recall's time went."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Stopwatch:
    """Sums milliseconds by stage; a stage that did not run is not named."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the block's time under *name*."""
        start = self._timer()
        try:
            yield
        finally:
            self.add(name, self._timer() - start)

    def add(self, name: str, seconds: float) -> None:
        """Count *seconds* under *name*."""
        self.milliseconds[name] = self.milliseconds.get(name, 0.0) + seconds * 1000.0
