"""How long a caller still waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.errors import DeadlineExceededError

if TYPE_CHECKING:
    from collections.abc import Callable


class Deadline:
    """An instant on *timer*, *seconds* from now; `None` is never.

    Args:
        seconds: How long the caller waits.
        timer: Seconds that only grow.
    """

    def __init__(self, seconds: float | None, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._end = None if seconds is None else timer() + seconds

    def remaining(self) -> float | None:
        """Seconds left, never negative; `None` for ever."""
        return None if self._end is None else max(0.0, self._end - self._timer())

    def earlier(self, seconds: float) -> Deadline:
        """The instant *seconds* before this one, to keep them for other work."""
        left = None if self._end is None else self._end - self._timer() - seconds
        return Deadline(left, self._timer)

    def check(self) -> None:
        """Give up when nobody waits any more.

        Raises:
            DeadlineExceededError: If the instant has passed.
        """
        if self._end is not None and self._timer() >= self._end:
            raise DeadlineExceededError("the deadline passed before an answer was ready")
