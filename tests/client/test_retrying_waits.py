"""How long the client waits before it tries again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_client import NotReadyError, RetryPolicy
from tests.client.support import RECALL, Clock, Daemon, answer, client, problem


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
