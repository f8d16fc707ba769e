"""Runs a call until it succeeds or its policy says stop."""

from __future__ import annotations

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
