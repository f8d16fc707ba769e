"""Where blocking work runs: a few bounded lanes, so that one kind cannot starve another."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from memory_service.errors import DeadlineExceededError

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """How long the caller waits: *seconds* from *started*, on *monotonic*; forever if `None`."""

    monotonic: Callable[[], float]
    started: float
    seconds: float | None

    def remaining(self) -> float | None:
        """The seconds left, time spent in a queue deducted; `None` for a patient caller.

        Raises:
            DeadlineExceededError: If nothing is left.
        """
        if self.seconds is None:
            return None
        left = self.started + self.seconds - self.monotonic()
        if left <= 0:
            raise DeadlineExceededError(
                "The deadline passed before the work began; nothing was done. "
                "Send a longer Memory-Deadline-Ms or try again when the service is less busy."
            )
        return left


class Lane:
    """A fixed number of threads with a queue before them."""

    def __init__(self, name: str, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[[], Result], deadline: Deadline) -> Result:
        """Run *work* in one of the threads, unless its deadline passed while it waited.

        A caller that goes away does not stop work that has begun.
        """

        def timely() -> Result:
            deadline.remaining()
            return work()

        return await asyncio.get_running_loop().run_in_executor(self._pool, timely)

    def close(self) -> None:
        """Drop what waits; what runs is left to finish by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Lanes:
    """The lanes of a daemon."""

    def __init__(self) -> None:
        self.recall = Lane("recall", 8)
        self.write = Lane("write", 4)
        self.admin = Lane("admin", 2)

    def close(self) -> None:
        """Close all of them."""
        for lane in (self.recall, self.write, self.admin):
            lane.close()
