"""Who may speak to the daemon: the first layer, before routing, parsing or the engine.

Decides on the raw headers and path alone.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.api.errors import problem_of, problem_response
from memory_service.errors import AccessError, ForbiddenOriginError, UnauthorizedError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

#: What needs no key: bare probes and the static API page.
OPEN_PATHS = frozenset(
    {"/livez", "/readyz", "/openapi.json", "/docs", "/docs/page.js", "/docs/page.css"}
)

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """The hosts that are us, as `Host` names them, and the SHA-256 of the key."""

    hosts: frozenset[bytes]
    key_digest: bytes

    @classmethod
    def local(cls, *, host: str, port: int, key: str) -> AccessPolicy:
        """The policy of a daemon on the loopback address *host*."""
        bound = f"[{host}]" if ":" in host else host
        names = {bound, "127.0.0.1", "localhost", "[::1]"}
        return cls(
            hosts=frozenset(f"{name}:{port}".encode() for name in names),
            key_digest=hashlib.sha256(key.encode()).digest(),
        )

    def check(self, path: str, headers: Headers, *, by_socket: bool = False) -> None:
        """Let the request pass.

        Over a Unix socket, which no web page can reach, any `Host` will do.

        Raises:
            ForbiddenOriginError: If it came for another host or from another site.
            UnauthorizedError: If the path needs the key and it is missing or wrong.
        """
        if not by_socket:
            self._check_host(headers)
        self._check_origin(headers)
        if path not in OPEN_PATHS:
            self._check_key(headers)

    def _check_host(self, headers: Headers) -> None:
        hosts = _values(headers, b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            raise ForbiddenOriginError(
                "The Host header is not this service's; call it by 127.0.0.1, localhost or [::1] "
                "with its port."
            )

    def _check_origin(self, headers: Headers) -> None:
        ours = {b"http://" + host for host in self.hosts}
        foreign = any(origin.lower() not in ours for origin in _values(headers, b"origin"))
        if foreign or b"cross-site" in _values(headers, b"sec-fetch-site"):
            raise ForbiddenOriginError("Pages of other sites may not call this service.")

    def _check_key(self, headers: Headers) -> None:
        digest = hashlib.sha256(_presented_key(headers)).digest()
        if not hmac.compare_digest(digest, self.key_digest):
            raise UnauthorizedError(
                "Send the key of the file access.key in the data folder, "
                "as Authorization: Bearer KEY or X-API-Key: KEY."
            )


class Access:
    """ASGI layer that applies the policy."""

    def __init__(self, app: ASGIApp, policy: AccessPolicy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401 or 403."""
        try:
            if scope["type"] == "http":
                by_socket = (scope.get("server") or ("", 0))[1] is None
                self._policy.check(scope["path"], scope["headers"], by_socket=by_socket)
        except AccessError as error:
            answer = problem_response(problem_of(error, scope["memory.request_id"]))
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for header, value in headers if header.lower() == name]


def _presented_key(headers: Headers) -> bytes:
    for value in _values(headers, b"authorization"):
        scheme, _, key = value.partition(b" ")
        if scheme.lower() == b"bearer":
            return key.strip()
    return next(iter(_values(headers, b"x-api-key")), b"")
