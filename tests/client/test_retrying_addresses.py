"""Which address the client tries next."""

from __future__ import annotations

import httpx2
import pytest

from agent_client import AllEndpointsFailedError, ConnectError, NotPrimaryError, NotReadyError
from tests.client.support import FIRST, OUTCOME, SECOND, Clock, Daemon, answer, client, problem


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
