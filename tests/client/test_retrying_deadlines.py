"""What a deadline means for a call and for each of its attempts."""

from __future__ import annotations

import httpx2
import pytest

from agent_client import MemoryClient, RequestTimeoutError, RetryPolicy
from tests.client.support import FIRST, RECALL, Clock, Daemon, answer, client, problem


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
