"""The address a daemon takes."""

from __future__ import annotations

import socket

import pytest

from memory_service.api.server import bind, listen
from memory_service.errors import ConfigurationError, PortInUseError


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost"])
def test_loopback_addresses_are_taken(host: str) -> None:
    with bind(host, 0) as taken:
        assert taken.getsockname()[1] > 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])  # noqa: S104
def test_other_addresses_are_refused_with_the_reason(host: str) -> None:
    with pytest.raises(ConfigurationError, match="loopback"):
        bind(host, 0)


def test_a_port_with_a_listener_is_in_use_before_anything_is_loaded() -> None:
    with bind("127.0.0.1", 0) as first:
        listen(first)

        with pytest.raises(PortInUseError, match="--port"):
            bind("127.0.0.1", first.getsockname()[1])


def test_of_two_that_start_at_once_one_is_told() -> None:
    with bind("127.0.0.1", 0) as first, bind("127.0.0.1", first.getsockname()[1]) as second:
        listen(first)

        with pytest.raises(PortInUseError):
            listen(second)


def test_answers_do_not_wait_for_acknowledgements() -> None:
    """Asyncio sets TCP_NODELAY on the connections of sockets that name their protocol alone."""
    with bind("127.0.0.1", 0) as taken:
        assert taken.proto == socket.IPPROTO_TCP
