"""Time, chance and waiting, by argument."""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def _sleep_async(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


async def _no_sleep_async(_seconds: float) -> None:
    """Return at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """What a client takes from the world around it.

    Args:
        clock: Seconds that never go back.
        sleep: Waits between attempts of a `MemoryClient`.
        sleep_async: The same for an `AsyncMemoryClient`.
        jitter: A number in [0, 1): which part of a wait is waited.
        new_key: A fresh idempotency key.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    sleep_async: Callable[[float], Awaitable[None]] = _sleep_async
    jitter: Callable[[], float] = random.random
    new_key: Callable[[], str] = lambda: str(uuid.uuid4())

    @classmethod
    def without_waiting(cls) -> Seams:
        """For tests: attempts follow one another at once, in the same number as ever."""
        return cls(sleep=lambda _seconds: None, sleep_async=_no_sleep_async)
