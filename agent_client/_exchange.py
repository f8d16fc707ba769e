"""One call over its attempts: what to send where, how long to wait, what failed so far.

No sockets: a face sends what `outgoing` says and hands back answers and errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from agent_client import errors
from agent_client._wire import result_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent_client._endpoints import Endpoint
    from agent_client._reading import Answer
    from agent_client._wire import Call
    from agent_client.policy import RetryPolicy
    from agent_client.seams import Seams

T = TypeVar("T")
#: What an answer may need from the service to its caller; at most a tenth of a deadline.
_WAY_BACK_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One request to one address; `address` is what errors call it, without path and query.

    `still_time` raises `RequestTimeoutError` once the attempt's time is over; a face calls it
    between the parts of an answer, so that a slow trickle does not stretch the call.
    """

    address: str
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    connect_seconds: float
    seconds: float
    still_time: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every call of a client."""

    endpoints: tuple[Endpoint, ...]
    headers: Mapping[str, str] = field(repr=False)
    timeout: float
    policy: RetryPolicy
    seams: Seams


class Exchange(Generic[T]):
    """One call; its clock starts when it is made."""

    def __init__(self, call: Call[T], terms: Terms) -> None:
        self.policy = terms.policy
        self.seams = terms.seams
        self.endpoints = terms.endpoints
        self.attempts = terms.policy.attempts if call.retried else 1
        self._call = call
        self._terms = terms
        self._started = terms.seams.clock()
        self._failed: list[errors.Attempt] = []

    def seconds_to_start(self) -> float:
        """How much time is left in which an attempt may start."""
        bounds = [self.policy.within_seconds, *self._deadline()]
        return min(bounds) - (self.seams.clock() - self._started)

    def outgoing(self, endpoint: Endpoint) -> Outgoing:
        """What to send there now.

        Raises:
            RequestTimeoutError: If the call's deadline has passed.
        """
        now = self.seams.clock()
        left = [end - (now - self._started) for end in self._deadline()]
        patience = self._call.patience
        seconds = min([self._terms.timeout if patience is None else patience, *left])
        if seconds <= 0:
            raise self._too_late(endpoint)
        return Outgoing(
            address=endpoint.url,
            method=self._call.method,
            url=endpoint.base + self._call.target,
            headers={**self._terms.headers, **self._call.headers, **_deadline_header(left)},
            body=self._call.body,
            connect_seconds=min(endpoint.connect_seconds, seconds),
            seconds=seconds,
            still_time=lambda: self._check(endpoint, now + seconds),
        )

    def result(self, answer: Answer) -> T:
        """Read the answer.

        Raises:
            ResponseError: If the service refused or failed.
            ProtocolError: If the answer cannot be read.
        """
        return result_of(self._call, answer)

    def goes_on(self, endpoint: Endpoint, error: errors.MemoryClientError) -> bool:
        """Note a failure; whether the next address may be asked at once.

        It may when this node did nothing with the request.  A later error keeps the first one
        as its cause.
        """
        if self._failed:
            error.__cause__ = self._failed[0].error
        self._failed.append(errors.Attempt(url=endpoint.url, error=error))
        if isinstance(error, errors.DeadlineExceededError):
            return False
        return isinstance(error, errors.ConnectError | errors.UnavailableError)

    def exhausted(self) -> errors.MemoryClientError:
        """The error when every address was asked: its own, if there is only one."""
        if len(self.endpoints) == 1:
            return self._failed[-1].error
        error = errors.AllEndpointsFailedError(tuple(self._failed))
        error.__cause__ = self._failed[0].error
        return error

    def _deadline(self) -> list[float]:
        return [] if self._call.deadline is None else [self._call.deadline]

    def _check(self, endpoint: Endpoint, end: float) -> None:
        if self.seams.clock() >= end:
            raise self._too_late(endpoint)

    def _too_late(self, endpoint: Endpoint) -> errors.RequestTimeoutError:
        passed = self.seams.clock() - self._started
        return errors.RequestTimeoutError(
            url=endpoint.url, reason=f"no whole answer after {passed:.2f} seconds"
        )


def _deadline_header(left: list[float]) -> dict[str, str]:
    """`Memory-Deadline-Ms`, at least 1: what is left, less the answer's way back."""
    if not left:
        return {}
    seconds = min(left)
    way_back = min(_WAY_BACK_SECONDS, seconds / 10)
    return {"memory-deadline-ms": str(max(1, int((seconds - way_back) * 1000)))}
