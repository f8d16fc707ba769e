"""The addresses of the service."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Seconds to wait for a connection: on this machine it comes at once or not at all.
LOOPBACK_CONNECT_SECONDS = 0.25
CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One address: scheme, host, port and perhaps a prefix, without a slash at the end.

    Or a Unix socket: `url` is then `unix:` and its path.
    """

    url: str
    loopback: bool
    socket: str | None = None

    @property
    def base(self) -> str:
        """What requests are addressed to; a socket's own name stands for no host."""
        if self.socket is None:
            return self.url
        return f"http://{sha256(self.socket.encode()).hexdigest()[:16]}.socket"

    @property
    def connect_seconds(self) -> float:
        """How long to wait for a connection."""
        return LOOPBACK_CONNECT_SECONDS if self.loopback else CONNECT_SECONDS

    @property
    def encrypted(self) -> bool:
        """Whether it needs a TLS context."""
        return self.url.startswith("https://")


def parse_endpoints(urls: Sequence[str]) -> tuple[Endpoint, ...]:
    """The addresses in order of preference.

    Raises:
        ValueError: If there is none, or one is not `http://HOST[:PORT]`, `https://…` or
            `unix:/PATH`, or holds a user, a query or a fragment.
    """
    if not urls:
        raise ValueError("at least one address is needed, such as http://127.0.0.1:1933")
    return tuple(_parsed(url) for url in urls)


def _parsed(url: str) -> Endpoint:
    scheme, _, path = url.strip().partition(":")
    if scheme == "unix" and path.startswith("/"):
        return Endpoint(url=f"unix:{path}", loopback=True, socket=path)
    parts = urlsplit(url.strip())
    odd = "@" in parts.netloc or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not parts.hostname or odd or not _has_port(parts):
        raise ValueError("an address must look like http://127.0.0.1:1933, without a user or query")
    return Endpoint(url=parts.geturl().rstrip("/"), loopback=_is_loopback(parts.hostname))


def _has_port(parts: SplitResult) -> bool:
    """Whether the port is one, or left to the scheme."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
