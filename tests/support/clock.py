"""A clock that stands still until it is told to move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

#: Where a `ManualClock` starts.
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class ManualClock:
    """Call it for the time; `advance` moves it."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, *, seconds: float = 0.0, hours: float = 0.0) -> None:
        """Move forward."""
        self.now += timedelta(seconds=seconds, hours=hours)
