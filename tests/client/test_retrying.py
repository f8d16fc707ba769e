"""When the client tries again, how long it waits, and what it raises in the end."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_client import (
    AllEndpointsFailedError,
    ConflictError,
    ConnectError,
    ConnectionLostError,
    DeadlineExceededError,
    IdempotencyInProgressError,
    MemoryClient,
    MemoryClientError,
    NotPrimaryError,
    NotReadyError,
    RequestTimeoutError,
    ResponseError,
    RetryPolicy,
    Seams,
    ServiceError,
    UnavailableError,
)
from tests.client.support import (
    OUTCOME,
    RECALL,
    Clock,
    Daemon,
    Step,
    answer,
    async_client,
    client,
    problem,
)

FIRST, SECOND = "http://127.0.0.1:1", "http://127.0.0.1:2"
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


def test_waits_grow_up_to_their_ceiling_and_are_a_random_part_of_it() -> None:
    clock = Clock()
    policy = RetryPolicy(attempts=6, first_wait_seconds=1.0, longest_wait_seconds=5.0)
    daemon = Daemon([problem(503, "not_ready")])

    with pytest.raises(NotReadyError):
        client(daemon, clock=clock, retry=policy).status()

    assert clock.slept == [0.5, 1.0, 2.0, 2.5, 2.5]


@settings(deadline=None)
@given(
    attempt=st.integers(1, 60),
    jitter=st.floats(0, 1, exclude_max=True),
    asked=st.none() | st.floats(0, 100),
)
def test_a_wait_is_at_least_what_is_asked_and_else_at_most_the_ceiling(
    attempt: int, jitter: float, asked: float | None
) -> None:
    policy = RetryPolicy()
    wait = policy.wait_seconds(attempt, jitter=jitter, asked=asked)

    assert (asked or 0.0) <= wait <= max(asked or 0.0, policy.longest_wait_seconds)


def test_retry_after_is_honoured() -> None:
    clock = Clock()
    daemon = Daemon([problem(503, "not_ready", retry_after="7"), answer(200, RECALL)])

    client(daemon, clock=clock).recall("when?")

    assert clock.slept == [7.0]


def test_a_wait_beyond_the_deadline_ends_the_call_at_once() -> None:
    clock = Clock()
    daemon = Daemon([problem(503, "not_ready", retry_after="7")])

    with pytest.raises(NotReadyError):
        client(daemon, clock=clock).recall("when?", deadline=2.0)

    assert clock.slept == []
    assert len(daemon.requests) == 1


def test_no_attempt_starts_after_the_policy_s_time() -> None:
    clock = Clock()
    policy = RetryPolicy(attempts=100, first_wait_seconds=2.0, within_seconds=4.5)
    daemon = Daemon([problem(503, "not_ready")])

    with pytest.raises(NotReadyError):
        client(daemon, clock=clock, retry=policy).status()

    assert clock.slept == [1.0, 2.0]


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


def test_each_attempt_tells_the_service_what_is_left_of_the_deadline() -> None:
    """Less what its answer needs to come back: one at the last moment would be late."""
    clock = Clock()
    policy = RetryPolicy(first_wait_seconds=0.5)
    daemon = Daemon([problem(503, "not_ready"), answer(200, RECALL)])

    client(daemon, clock=clock, retry=policy).recall("when?", deadline=1.0)

    sent = [request.headers["memory-deadline-ms"] for request in daemon.requests]
    timeouts = [request.extensions["timeout"] for request in daemon.requests]
    assert sent == ["980", "730"]
    assert [timeout["read"] for timeout in timeouts] == [1.0, 0.75]
    assert [timeout["connect"] for timeout in timeouts] == [0.25, 0.25]


def test_without_a_deadline_none_is_sent() -> None:
    daemon = Daemon([answer(200, RECALL)])

    client(daemon).recall("when?")

    assert "memory-deadline-ms" not in daemon.requests[0].headers


@pytest.mark.parametrize("deadline", [0.0, -1.0])
def test_a_deadline_that_has_passed_sends_nothing(deadline: float) -> None:
    daemon = Daemon([answer(200, RECALL)])

    with pytest.raises(RequestTimeoutError):
        client(daemon).recall("when?", deadline=deadline)

    assert daemon.requests == []


class Trickle(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body of which each byte takes a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204 - httpx2 wants no more
        for _ in range(1000):
            self._clock.now += 1.0
            yield b" "

    async def __aiter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204
        for part in self:
            yield part


def test_an_answer_that_trickles_in_does_not_outlast_the_deadline() -> None:
    clock = Clock()
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Trickle(clock)))
    memory = MemoryClient(FIRST, api_key="key", seams=clock.seams(), transport=transport)

    with pytest.raises(RequestTimeoutError):
        memory.recall("when?", deadline=3.0)

    assert clock.now == 1003.0


@pytest.mark.parametrize(("deadline", "told"), [(0.1, "90"), (0.001, "1"), (10.0, "9980")])
def test_a_short_deadline_keeps_most_of_its_time_for_the_service(
    deadline: float, told: str
) -> None:
    daemon = Daemon([answer(200, RECALL)])

    client(daemon).recall("when?", deadline=deadline)

    assert daemon.requests[0].headers["memory-deadline-ms"] == told


def test_an_answer_that_came_whole_is_not_thrown_away_for_being_late() -> None:
    clock = Clock()

    def late(_: httpx2.Request) -> httpx2.Response:
        clock.now += 1.01
        return answer(200, RECALL)

    memory = MemoryClient(
        FIRST, api_key="key", seams=clock.seams(), transport=httpx2.MockTransport(late)
    )

    assert memory.recall("when?", deadline=1.0).evidence == "strong"


def test_a_refused_connection_moves_on_to_the_next_address() -> None:
    clock = Clock()
    daemon = Daemon([httpx2.ConnectError("refused"), answer(201, OUTCOME)])

    client(daemon, urls=[FIRST, SECOND], clock=clock).remember("text")

    assert [str(request.url)[:18] for request in daemon.requests] == [FIRST, SECOND]
    assert clock.slept == []


def test_a_node_that_does_not_write_moves_a_write_on() -> None:
    daemon = Daemon([problem(421, "not_primary"), answer(201, OUTCOME)])

    client(daemon, urls=[FIRST, SECOND]).remember("text")

    assert [str(request.url)[:18] for request in daemon.requests] == [FIRST, SECOND]


def test_a_timeout_is_tried_again_where_it_was() -> None:
    """The first node may have done it: it alone knows the key for sure."""
    daemon = Daemon([httpx2.ReadTimeout("slow"), answer(201, OUTCOME)])

    client(daemon, urls=[FIRST, SECOND]).remember("text")

    assert [str(request.url)[:18] for request in daemon.requests] == [FIRST, FIRST]


def test_when_no_address_answers_every_attempt_is_told() -> None:
    daemon = Daemon([httpx2.ConnectError("refused"), problem(503, "not_ready")] * 3)

    with pytest.raises(AllEndpointsFailedError) as caught:
        client(daemon, urls=[FIRST, SECOND]).recall("when?")

    attempts = caught.value.attempts
    assert [attempt.url for attempt in attempts] == [FIRST, SECOND] * 3
    assert [type(attempt.error) for attempt in attempts] == [ConnectError, NotReadyError] * 3
    assert caught.value.__cause__ is attempts[0].error


def test_addresses_that_all_refuse_for_good_are_asked_once() -> None:
    daemon = Daemon([problem(421, "not_primary")])

    with pytest.raises(AllEndpointsFailedError) as caught:
        client(daemon, urls=[FIRST, SECOND]).remember("text")

    assert [type(one.error) for one in caught.value.attempts] == [NotPrimaryError] * 2


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
