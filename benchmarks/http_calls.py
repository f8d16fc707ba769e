"""One connection over HTTP, with as little around it as the standard library allows.

The client that ships checks and decodes what it gets; a load generator that shares two cores with
what it measures must not.
"""

from __future__ import annotations

import socket
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from memory_service.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PATIENCE_SECONDS = 600.0
_PROBE_SECONDS = 5.0
_UNIX = "unix:"
_OK, _GOOD_UNTIL = 200, 300


class HttpCaller:
    """A connection that is kept alive.  Not thread-safe.

    Args:
        connection: To the server.
        headers: Sent with every request.
    """

    def __init__(self, connection: HTTPConnection, headers: Mapping[str, str]) -> None:
        self._connection = connection
        self._headers = headers

    def post(self, path: str, body: bytes) -> bytes:
        """Send *body*, and give the body of the answer.

        Raises:
            UnavailableError: If the answer says that it was refused or failed, with its beginning.
        """
        self._connection.request("POST", path, body, dict(self._headers))
        response = self._connection.getresponse()
        answer = response.read()
        if not _OK <= response.status < _GOOD_UNTIL:
            shown = answer[:300].decode(errors="replace")
            raise UnavailableError(f"{path} was answered with {response.status}: {shown}")
        return answer


@contextmanager
def connected(
    url: str, *, key: str = "", content: str = "application/json"
) -> Iterator[HttpCaller]:
    """A connection to *url* (`http://…`, or `unix:` and a path), closed in the end.

    With the access key, where one is needed; *content* is the type of what is sent.
    """
    connection = _connection(url, _PATIENCE_SECONDS)
    headers = {"Content-Type": content}
    if key:
        headers["X-API-Key"] = key
    try:
        yield HttpCaller(connection, headers)
    finally:
        connection.close()


def answers(url: str, path: str) -> bool:
    """Whether *path* is answered with 200 now."""
    try:
        connection = _connection(url, _PROBE_SECONDS)
    except OSError:
        return False
    try:
        connection.request("GET", path)
        return connection.getresponse().status == _OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _connection(url: str, seconds: float) -> HTTPConnection:
    if not url.startswith(_UNIX):
        address = urlsplit(url)
        return HTTPConnection(address.hostname or "", address.port, timeout=seconds)
    connection = HTTPConnection("localhost", timeout=seconds)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.settimeout(seconds)
    connection.sock.connect(url.removeprefix(_UNIX))
    return connection
