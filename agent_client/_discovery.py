"""Where the service is and which key it wants, when the caller does not say.

Address: `MEMORY_SERVICE_URL` (several separated by commas), the running daemon's `daemon.json`
(its Unix socket if there is one), `http://127.0.0.1:1933`.  Key: `MEMORY_SERVICE_API_KEY`, the
key file `daemon.json` names, `access.key` beside it.  A key from a file belongs to this machine's
daemon and is sent to loopback addresses alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from agent_client._endpoints import Endpoint, parse_endpoints

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_URL = "http://127.0.0.1:1933"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to send, and with which key; `None` when there is none to be found."""

    endpoints: tuple[Endpoint, ...]
    api_key: str | None = field(repr=False)


def discover(
    url: str | Sequence[str] | None, api_key: str | None, environ: Mapping[str, str]
) -> Target:
    """Complete what the caller gave.

    Raises:
        ValueError: If an address or the key cannot be one.
    """
    folder = data_folder(environ)
    running = _running_daemon(folder)
    endpoints = parse_endpoints(_urls(url, environ, running))
    key = api_key or environ.get("MEMORY_SERVICE_API_KEY")
    if not key and all(endpoint.loopback for endpoint in endpoints):
        key = _read(Path(running.get("key_file") or folder / "access.key"))
    return Target(endpoints=endpoints, api_key=_checked(key.strip()) if key else None)


def data_folder(environ: Mapping[str, str]) -> Path:
    """The daemon's folder: `MEMORY_SERVICE_DATA_FOLDER`, or `memory-service` in XDG's place."""
    if chosen := environ.get("MEMORY_SERVICE_DATA_FOLDER"):
        return Path(chosen).expanduser()
    shared = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME", "~"), ".local", "share"))
    return Path(shared).expanduser() / "memory-service"


def _urls(
    url: str | Sequence[str] | None, environ: Mapping[str, str], running: Mapping[str, str]
) -> Sequence[str]:
    if url is not None:
        return (url,) if isinstance(url, str) else url
    if named := environ.get("MEMORY_SERVICE_URL"):
        return named.split(",")
    socket = running.get("socket")
    if socket and Path(socket).is_socket():
        return (f"unix:{socket}",)
    return (running.get("url", DEFAULT_URL),)


def _running_daemon(folder: Path) -> dict[str, str]:
    """What the daemon wrote about itself; empty when none runs or its file cannot be read."""
    try:
        content = json.loads(_read(folder / "daemon.json") or "{}")
    except ValueError:
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: value for name, value in content.items() if isinstance(value, str)}


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _checked(key: str) -> str:
    if not (key.isascii() and key.isprintable()):
        raise ValueError("an access key must be visible ASCII characters")
    return key
