"""Every error a call can end with.

    MemoryClientError
    ├── UnsendableError (ValueError)         the input has no form on the wire; nothing was sent
    ├── TransportError                       nothing came back
    │   ├── ConnectError                     nothing was sent
    │   ├── RequestTimeoutError              the outcome of a write is unknown
    │   └── ConnectionLostError              the outcome of a write is unknown
    ├── ProtocolError                        an answer that cannot be read
    ├── ResponseError                        `.status .code .detail .request_id`
    │   ├── InvalidInputError (ValueError)   what was sent is refused; nothing was changed
    │   ├── AccessError                      the key or the origin is refused
    │   ├── NotFoundError (LookupError)
    │   │   ├── EntryNotFoundError
    │   │   └── NamespaceNotFoundError
    │   ├── ConflictError                    the state of the store does not allow it
    │   │   ├── IdTakenError
    │   │   ├── VersionConflictError
    │   │   └── IdempotencyInProgressError   the first call with this key still runs
    │   ├── UnavailableError                 `.retry_after`; later, or elsewhere
    │   │   ├── NotReadyError                starting or stopping
    │   │   ├── NotPrimaryError              this node does not take writes
    │   │   └── DeadlineExceededError        the service gave up in time
    │   └── ServiceError                     the service failed
    │       ├── CorruptStoreError
    │       ├── DamagedError                 the store lost changes; it is read, not written
    │       └── StorageFullError
    └── AllEndpointsFailedError              `.attempts`: every address and cause, newest last

    ClientClosedError (RuntimeError)         outside the tree: the caller's mistake

A code this client does not know gets the class of its status; `code` still says what was sent.
An error that ends several attempts has the first attempt's error as its `__cause__`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_client.models import Problem


class MemoryClientError(Exception):
    """Base of every error this client raises on purpose."""


class UnsendableError(MemoryClientError, ValueError):
    """The input has no form on the wire: a lone surrogate, NaN, an empty id.

    Nothing was sent.
    """


class TransportError(MemoryClientError):
    """No answer came back.

    Args:
        url: The address that was asked.
        reason: What happened, in the words of the library underneath.
    """

    def __init__(self, *, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason


class ConnectError(TransportError):
    """No connection came about, so nothing was sent."""

    def __init__(self, *, url: str, reason: str) -> None:
        super().__init__(url=url, reason=f"{reason}; `memory-service serve` starts a daemon")


class RequestTimeoutError(TransportError):
    """No answer in time; whether a write was done is unknown."""


class ConnectionLostError(TransportError):
    """The connection broke before the answer; whether a write was done is unknown."""


class ProtocolError(MemoryClientError):
    """The answer is not what the contract says; perhaps something else listens there."""


class ResponseError(MemoryClientError):
    """The service refused or failed, and said why.

    Args:
        status: The HTTP status.
        problem: What was answered.
        request_id: The service's name for this request, for its log; empty when unknown.
        retry_after: Seconds the service asks to wait, when it asks.
    """

    def __init__(
        self, *, status: int, problem: Problem, request_id: str, retry_after: float | None
    ) -> None:
        super().__init__(f"{problem.detail} ({problem.code}, {status})")
        self.status = status
        self.code = problem.code
        self.detail = problem.detail
        self.problem = problem
        self.request_id = request_id
        self.retry_after = retry_after


class InvalidInputError(ResponseError, ValueError):
    """The input is refused, `code` says for what; nothing was changed."""


class AccessError(ResponseError):
    """The key is missing or wrong, or the request's origin is not allowed."""


class NotFoundError(ResponseError, LookupError):
    """What was asked for is not there."""


class EntryNotFoundError(NotFoundError):
    """The namespace holds no entry of that id."""


class NamespaceNotFoundError(NotFoundError):
    """The namespace has never been written to, or was dropped."""


class ConflictError(ResponseError):
    """The state of the store does not allow this change."""


class IdTakenError(ConflictError):
    """The id holds an entry with other content."""


class VersionConflictError(ConflictError):
    """The entry is no longer at the version named."""


class IdempotencyInProgressError(ConflictError):
    """The first call with this idempotency key has not finished."""


class UnavailableError(ResponseError):
    """This node cannot answer now; later it may, and another may now."""


class NotReadyError(UnavailableError):
    """The node is starting or stopping."""


class NotPrimaryError(UnavailableError):
    """This node does not take writes."""


class DeadlineExceededError(UnavailableError):
    """The deadline passed before the service had an answer."""


class ServiceError(ResponseError):
    """The service failed; its log knows more under `request_id`."""


class CorruptStoreError(ServiceError):
    """The service's store contradicts itself or cannot be read."""


class DamagedError(ServiceError):
    """The service's store lost changes: it answers reads and takes no writes until repaired."""


class StorageFullError(ServiceError):
    """The service's disk has no room for this write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at one address, and how it ended."""

    url: str
    error: MemoryClientError


class AllEndpointsFailedError(MemoryClientError):
    """None of several addresses gave an answer; `attempts` holds each try, newest last."""

    def __init__(self, attempts: tuple[Attempt, ...]) -> None:
        lines = (f"{attempt.url}: {type(attempt.error).__name__}" for attempt in attempts)
        super().__init__("no address answered: " + "; ".join(lines))
        self.attempts = attempts


class ClientClosedError(RuntimeError):
    """The client was closed; make a new one."""

    def __init__(self) -> None:
        super().__init__("this client is closed; make a new one")
