"""The server process: the socket, uvicorn, signals, the log."""

from __future__ import annotations

import errno
import ipaddress
import logging
import logging.config
import signal
import socket
from typing import TYPE_CHECKING

import uvicorn

from memory_service.errors import ConfigurationError, PortInUseError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import FrameType

    from starlette.types import ASGIApp

#: How long work in flight may take after SIGTERM.
_DRAIN_SECONDS = 8
#: Longer than the client keeps an idle connection, so that it is the client who closes it.
_KEEP_ALIVE_SECONDS = 75
_BACKLOG = 2048

Socket = socket.socket

_log = logging.getLogger(__name__)


def bind(host: str, port: int) -> Socket:
    """Take the address, without listening yet; port 0 takes any that is free.

    Raises:
        ConfigurationError: If *host* is not a loopback address.
        PortInUseError: If somebody listens there.
    """
    address = _loopback(host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named, and an answer that is
    # sent in two pieces would otherwise wait 40 ms for the client's delayed acknowledgement.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((str(address), port))
    except OSError as error:
        taken.close()
        raise _bind_error(error, host, port) from error
    return taken


def bind_file(path: Path) -> Socket | None:
    """Make a Unix socket for the owner of this process alone, without listening yet.

    What is in its place is removed: the caller holds the folder's lock, so nobody listens there.
    `None`, and a line in the log, where it cannot be made (a path has at most 107 bytes).
    """
    taken = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        taken.bind(str(path))
        path.chmod(0o600)
    except OSError as error:
        taken.close()
        reason = error.strerror or str(error)
        _log.warning("no Unix socket at %s: %s; clients use the port", path, reason)
        return None
    return taken


def listen(taken: Socket) -> None:
    """Begin to accept connections.

    Raises:
        PortInUseError: If another process was faster.
    """
    try:
        taken.listen(_BACKLOG)
    except OSError as error:
        if taken.family == socket.AF_UNIX:
            raise
        host, port = taken.getsockname()[:2]
        raise _bind_error(error, host, port) from error


def url_host(taken: Socket) -> str:
    """The address of a bound socket as a URL writes it."""
    host: str = taken.getsockname()[0]
    return f"[{host}]" if taken.family == socket.AF_INET6 else host


def _loopback(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    name = "127.0.0.1" if host == "localhost" else host
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise ConfigurationError(
            f"host is {host}, but only loopback addresses are served (127.0.0.1, ::1, localhost): "
            "the connection is not encrypted and one key opens everything.  "
            "Reach it from elsewhere through a tunnel.",
            field="host",
        )
    return address


def _bind_error(error: OSError, host: str, port: int) -> ConfigurationError:
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(
            f"Port {port} on {host} is in use.  Stop the other process "
            "(`memory-service status` tells whether it is this service), or choose another port "
            "with --port; 0 takes any that is free.",
            field="port",
        )
    return ConfigurationError(
        f"{host}:{port} cannot be served: {error.strerror}.  Choose another host or port.",
        field="host",
    )


class _DrainingServer(uvicorn.Server):
    """Says that it stops before it stops."""

    def __init__(self, config: uvicorn.Config, on_stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stopping = on_stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_stopping()
        super().handle_exit(sig, frame)


def run(app: ASGIApp, listening: Sequence[Socket], *, on_stopping: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; work in flight then has 8 seconds to end.

    To be called in the main thread.  *on_stopping* is called when the signal arrives.
    """
    config = uvicorn.Config(
        app,
        # Said, not left to what happens to be installed.
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        h11_max_incomplete_event_size=16 * 1024,
    )
    # uvicorn raises the signal again when it is done, to die by it; we want to close and exit 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _handled)
    _DrainingServer(config, on_stopping).run(sockets=[*listening])


def _handled(_number: int, _frame: FrameType | None) -> None:
    """Take note of a signal that was dealt with already."""


def configure_logging(level: str) -> None:
    """Log to standard error, one line an event; texts and queries are never logged."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": "WARNING", "handlers": ["stderr"]},
            "loggers": {"memory_service": {"level": level.upper()}},
        }
    )
