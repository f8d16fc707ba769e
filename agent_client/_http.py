"""Sending over httpx2; the only module that imports it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2

from agent_client import errors
from agent_client._reading import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from agent_client._endpoints import Endpoint
    from agent_client._exchange import Outgoing

T = TypeVar("T")
#: Below the daemon's own 75 s, so that it is not the daemon that closes an idle connection.
_KEEP_ALIVE_SECONDS = 30.0


def open_client(
    endpoints: Sequence[Endpoint], transport: httpx2.BaseTransport | None
) -> httpx2.Client:
    """One long-lived client."""
    options = _options(endpoints)
    mounts = {} if transport else _sockets(endpoints, httpx2.HTTPTransport, options["limits"])
    return httpx2.Client(transport=transport, mounts=mounts, **options)


def open_async_client(
    endpoints: Sequence[Endpoint], transport: httpx2.AsyncBaseTransport | None
) -> httpx2.AsyncClient:
    """The same for `send_async`."""
    options = _options(endpoints)
    mounts = {} if transport else _sockets(endpoints, httpx2.AsyncHTTPTransport, options["limits"])
    return httpx2.AsyncClient(transport=transport, mounts=mounts, **options)


def _sockets(
    endpoints: Sequence[Endpoint], kind: Callable[..., T], limits: httpx2.Limits
) -> dict[str, T]:
    """What carries requests to each Unix socket."""
    return {
        endpoint.base: kind(uds=endpoint.socket, verify=False, trust_env=False, limits=limits)
        for endpoint in endpoints
        if endpoint.socket is not None
    }


def _options(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """No proxies, netrc or certificates from the environment; no redirects.

    A TLS context costs 80 ms, so it is built only where an address needs one.
    """
    return {
        "trust_env": False,
        "follow_redirects": False,
        "verify": any(endpoint.encrypted for endpoint in endpoints),
        "limits": httpx2.Limits(
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=_KEEP_ALIVE_SECONDS,
        ),
    }


def send(client: httpx2.Client, outgoing: Outgoing) -> Answer:
    """Send, and read the whole answer.

    Raises:
        TransportError: If none came, or not all of it in time.
    """
    with translated(outgoing), client.stream(**_request(outgoing)) as response:
        chunks: list[bytes] = []
        for chunk in response.iter_bytes():
            if chunks:
                outgoing.still_time()
            chunks.append(chunk)
        return _answer(response, chunks)


async def send_async(client: httpx2.AsyncClient, outgoing: Outgoing) -> Answer:
    """As `send`."""
    with translated(outgoing):
        async with client.stream(**_request(outgoing)) as response:
            chunks: list[bytes] = []
            async for chunk in response.aiter_bytes():
                if chunks:
                    outgoing.still_time()
                chunks.append(chunk)
            return _answer(response, chunks)


def _request(outgoing: Outgoing) -> dict[str, Any]:
    timeout = httpx2.Timeout(outgoing.seconds, connect=outgoing.connect_seconds)
    return {
        "method": outgoing.method,
        "url": outgoing.url,
        "headers": outgoing.headers,
        "content": outgoing.body,
        "timeout": timeout,
    }


def _answer(response: httpx2.Response, chunks: list[bytes]) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(status=response.status_code, headers=headers, body=b"".join(chunks))


@contextmanager
def translated(outgoing: Outgoing) -> Iterator[None]:
    """Raise this client's errors for httpx2's."""
    try:
        yield
    except httpx2.InvalidURL as error:
        raise errors.UnsendableError(f"{outgoing.address}: {error}") from error
    except httpx2.HTTPError as error:
        kind = _kind_of(error)
        reason = str(error) or type(error).__name__
        if issubclass(kind, errors.TransportError):
            raise kind(url=outgoing.address, reason=reason) from error
        raise kind(f"{outgoing.address}: {reason}") from error


def _kind_of(error: httpx2.HTTPError) -> type[errors.MemoryClientError]:
    match error:
        case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return errors.ConnectError
        case httpx2.TimeoutException():
            return errors.RequestTimeoutError
        case httpx2.DecodingError():
            return errors.ProtocolError
        case httpx2.LocalProtocolError() | httpx2.UnsupportedProtocol():
            return errors.UnsendableError
        case _:
            return errors.ConnectionLostError
