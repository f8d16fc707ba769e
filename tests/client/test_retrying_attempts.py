"""When the client tries again, and what it raises in the end."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from agent_client import (
    ConflictError,
    ConnectError,
    ConnectionLostError,
    DeadlineExceededError,
    IdempotencyInProgressError,
    MemoryClient,
    MemoryClientError,
    NotReadyError,
    RequestTimeoutError,
    ResponseError,
    RetryPolicy,
    Seams,
    ServiceError,
    UnavailableError,
)
from tests.client.support import (
    FIRST,
    OUTCOME,
    Clock,
    Daemon,
    Step,
    answer,
    async_client,
    client,
    problem,
)

PASSING: dict[str, Step] = {
    "refused": httpx2.ConnectError("refused"),
    "no connection in time": httpx2.ConnectTimeout("slow"),
    "no answer in time": httpx2.ReadTimeout("slow"),
    "broken off": httpx2.ReadError("reset"),
    "closed without an answer": httpx2.RemoteProtocolError("disconnected"),
    "starting": problem(503, "not_ready"),
    "overloaded": answer(429),
    "the first call still runs": problem(409, "idempotency_in_progress"),
}

LASTING: dict[str, Step] = {
    "refused input": problem(422, "blank_text"),
    "conflict": problem(409, "id_taken"),
    "not there": problem(404, "entry_not_found"),
    "fault": problem(500, "internal"),
    "disk full": problem(507, "storage_full"),
    "out of time": problem(504, "deadline_exceeded"),
    "not the primary": problem(421, "not_primary"),
    "nonsense": httpx2.Response(200, content=b"<html>"),
    "redirect": httpx2.Response(307, headers={"location": "http://example.com/"}),
}


@pytest.mark.parametrize("failure", PASSING)
def test_a_failure_that_may_pass_is_tried_again_with_the_same_key(failure: str) -> None:
    daemon = Daemon([PASSING[failure], answer(201, OUTCOME)])

    outcome = client(daemon).remember("text")

    assert outcome.id == "a"
    keys = [request.headers["idempotency-key"] for request in daemon.requests]
    assert keys == ["key-1", "key-1"]


@pytest.mark.parametrize("failure", LASTING)
def test_a_failure_that_will_not_pass_is_not_tried_again(failure: str) -> None:
    daemon = Daemon([LASTING[failure], answer(201, OUTCOME)])

    with pytest.raises(MemoryClientError):
        client(daemon).remember("text")

    assert len(daemon.requests) == 1


def test_two_writes_have_two_keys_and_a_given_key_is_kept() -> None:
    daemon = Daemon([answer(201, OUTCOME)])
    memory = client(daemon)

    memory.remember("one")
    memory.remember("two")
    memory.remember("three", idempotency_key="mine")

    keys = [request.headers["idempotency-key"] for request in daemon.requests]
    assert keys == ["key-1", "key-2", "mine"]


def test_attempts_are_bounded_and_the_last_error_names_the_first_as_its_cause() -> None:
    refused = httpx2.ConnectError("refused")
    daemon = Daemon([refused, problem(503, "not_ready"), problem(503, "not_ready")])

    with pytest.raises(NotReadyError) as caught:
        client(daemon).recall("when?")

    assert len(daemon.requests) == 3
    assert isinstance(caught.value.__cause__, ConnectError)
    assert caught.value.__cause__.__cause__ is refused


def test_an_error_that_ends_a_retry_keeps_the_first_as_its_cause() -> None:
    """What came first may explain a conflict that our own first attempt caused."""
    daemon = Daemon([httpx2.ReadTimeout("slow"), problem(409, "id_taken")])

    with pytest.raises(ConflictError) as caught:
        client(daemon).remember("text")

    assert isinstance(caught.value.__cause__, RequestTimeoutError)


def test_a_write_that_is_under_way_is_asked_for_until_it_is_done() -> None:
    """A large batch may be embedded for longer than one attempt waits."""
    clock = Clock()
    running = problem(409, "idempotency_in_progress", retry_after="1")
    daemon = Daemon([httpx2.ReadTimeout("slow"), *[running] * 20, answer(201, OUTCOME)])

    outcome = client(daemon, clock=clock).remember("text")

    assert outcome.id == "a"
    assert {request.headers["idempotency-key"] for request in daemon.requests} == {"key-1"}


def test_a_write_that_stays_under_way_ends_with_the_policy_s_time() -> None:
    clock = Clock()
    daemon = Daemon([problem(409, "idempotency_in_progress", retry_after="10")])

    with pytest.raises(IdempotencyInProgressError):
        client(daemon, clock=clock, retry=RetryPolicy(within_seconds=95.0)).remember("text")

    assert clock.slept == [10.0] * 9


def test_one_attempt_means_one_for_a_write_that_is_under_way_too() -> None:
    daemon = Daemon([problem(409, "idempotency_in_progress", retry_after="1")])

    with pytest.raises(IdempotencyInProgressError):
        client(daemon, retry=RetryPolicy(attempts=1)).remember("text")

    assert len(daemon.requests) == 1


def test_one_attempt_means_one() -> None:
    daemon = Daemon([httpx2.ConnectError("refused")])

    with pytest.raises(ConnectError):
        client(daemon, retry=RetryPolicy(attempts=1)).status()

    assert len(daemon.requests) == 1


@pytest.mark.parametrize(
    "step", [answer(503, {"status": "unavailable"}), httpx2.ConnectError("refused")]
)
def test_ready_asks_once_and_says_no(step: httpx2.Response | Exception) -> None:
    daemon = Daemon([step])

    assert client(daemon).ready() is False
    assert len(daemon.requests) == 1


def test_the_other_face_retries_alike() -> None:
    clock = Clock()
    daemon = Daemon([httpx2.ReadTimeout("slow"), problem(503, "not_ready", retry_after="3")])

    async def ask() -> None:
        async with async_client(daemon, clock=clock) as memory:
            await memory.recall("when?")

    with pytest.raises(UnavailableError) as caught:
        asyncio.run(ask())

    assert len(daemon.requests) == 3
    assert clock.slept == [0.05, 3.0]
    assert isinstance(caught.value.__cause__, RequestTimeoutError)


def test_waiting_can_be_switched_off() -> None:
    daemon = Daemon([problem(503, "not_ready", retry_after="3600")])
    memory = MemoryClient(
        FIRST,
        api_key="key",
        seams=Seams.without_waiting(),
        retry=RetryPolicy(within_seconds=1e9),
        transport=httpx2.MockTransport(daemon),
    )

    with pytest.raises(NotReadyError):
        memory.status()

    assert len(daemon.requests) == 3


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (httpx2.PoolTimeout("full"), ConnectError),
        (httpx2.WriteTimeout("slow"), RequestTimeoutError),
        (httpx2.WriteError("reset"), ConnectionLostError),
        (problem(409, "idempotency_in_progress"), IdempotencyInProgressError),
        (problem(504, "deadline_exceeded"), DeadlineExceededError),
        (problem(500, "internal"), ServiceError),
    ],
)
def test_failures_have_their_classes(
    step: httpx2.Response | Exception, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        client(Daemon([step]), retry=RetryPolicy(attempts=1)).status()


def test_a_response_error_says_what_was_sent() -> None:
    daemon = Daemon([problem(503, "not_ready", retry_after="0")])

    with pytest.raises(ResponseError) as caught:
        client(daemon).status()

    error = caught.value
    assert (error.status, error.code, error.detail) == (503, "not_ready", "about not_ready")
    assert (error.request_id, error.retry_after) == ("r-1", 0.0)
