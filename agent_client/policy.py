"""How often and how long a call is tried."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long a call is tried.

    Before attempt *n* + 1 the client waits a random part of
    `min(longest_wait_seconds, first_wait_seconds * 2 ** (n - 1))` seconds (full jitter), or as
    long as the service asks in `Retry-After`, whichever is more.  No attempt starts later than
    `within_seconds` after the call began, nor after the call's own deadline: a wait that would
    end there ends the call at once.

    Only failures that may pass are tried again: no connection, a broken one, no answer in time,
    429, 503, and a first attempt with the same key that still runs.  That last one is asked for
    until the time is over, however many attempts it takes: the write is under way.

    Args:
        attempts: The most attempts, the first included; 1 tries nothing again.
    """

    attempts: int = 3
    first_wait_seconds: float = 0.1
    longest_wait_seconds: float = 5.0
    within_seconds: float = 300.0

    def wait_seconds(self, attempt: int, *, jitter: float, asked: float | None) -> float:
        """How long to wait after failed attempt number *attempt*, the first being 1."""
        ceiling = min(
            self.longest_wait_seconds, self.first_wait_seconds * 2.0 ** min(attempt - 1, 60)
        )
        return max(jitter * ceiling, asked or 0.0)
