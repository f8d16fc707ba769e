"""When a call is tried again, and after how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tenacity

from agent_client import errors

if TYPE_CHECKING:
    from agent_client._exchange import Exchange

_RETRIED = (
    errors.ConnectError,
    errors.RequestTimeoutError,
    errors.ConnectionLostError,
    errors.IdempotencyInProgressError,
)


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


def retrying(exchange: Exchange[Any]) -> tenacity.Retrying:
    """Runs a function until it succeeds or the exchange's policy says stop."""
    return tenacity.Retrying(sleep=exchange.seams.sleep, **_rules(exchange))


def retrying_async(exchange: Exchange[Any]) -> tenacity.AsyncRetrying:
    """The same for a coroutine function."""
    return tenacity.AsyncRetrying(sleep=exchange.seams.sleep_async, **_rules(exchange))


def may_pass(error: BaseException) -> bool:
    """Whether the same call may succeed later."""
    if isinstance(error, errors.AllEndpointsFailedError):
        return any(may_pass(attempt.error) for attempt in error.attempts)
    if isinstance(error, errors.UnavailableError):
        return error.status in (429, 503)
    return isinstance(error, _RETRIED)


def asked_wait(error: BaseException | None) -> float | None:
    """What `Retry-After` asks; of several nodes, the shortest."""
    if isinstance(error, errors.ResponseError):
        return error.retry_after
    if not isinstance(error, errors.AllEndpointsFailedError):
        return None
    waits = [asked_wait(attempt.error) for attempt in error.attempts]
    return min((wait for wait in waits if wait is not None), default=None)


def _rules(exchange: Exchange[Any]) -> dict[str, Any]:
    def wait(state: tenacity.RetryCallState) -> float:
        return exchange.policy.wait_seconds(
            state.attempt_number, jitter=exchange.seams.jitter(), asked=asked_wait(_error_of(state))
        )

    def stop(state: tenacity.RetryCallState) -> bool:
        under_way = isinstance(_error_of(state), errors.IdempotencyInProgressError)
        most = float("inf") if under_way and exchange.attempts > 1 else exchange.attempts
        return state.attempt_number >= most or exchange.seconds_to_start() <= state.upcoming_sleep

    retry = tenacity.retry_if_exception(may_pass)
    return {"retry": retry, "wait": wait, "stop": stop, "reraise": True}


def _error_of(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
