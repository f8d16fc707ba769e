"""Which daemon a command talks to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from memory_service.cli.world import Address
from memory_service.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent_client import MemoryClient


def connector(environ: Mapping[str, str]) -> Callable[[Address], MemoryClient]:
    """Makes clients for the daemon an address names.

    Without `--url` and `MEMORY_SERVICE_URL` it is the daemon of the data folder the settings
    name, so that the file that configures the daemon is enough to find it.
    """

    def connect(address: Address) -> MemoryClient:
        from agent_client import MemoryClient

        key = _read_key(address.key_file) if address.key_file else None
        url = address.url
        if url is None and not environ.get("MEMORY_SERVICE_URL"):
            url, own_key = _own_daemon(environ)
            key = key or environ.get("MEMORY_SERVICE_API_KEY") or own_key
        try:
            return MemoryClient(url, api_key=key, namespace=address.namespace)
        except ValueError as error:
            raise ConfigurationError(f"{error}.") from error

    return connect


def daemon_of(folder: Path) -> Address:
    """The daemon that holds a data folder.

    Raises:
        ConfigurationError: If no daemon says that it serves there.
    """
    from memory_service.data_folder import KEY_FILE

    url = running_in(folder)
    if url is None:
        raise ConfigurationError(
            f"The data folder {folder} is held, but no daemon serves it: another command works "
            "there, or a daemon is starting.  Try again in a moment."
        )
    return Address(url=url, key_file=folder / KEY_FILE, namespace="default")


def _own_daemon(environ: Mapping[str, str]) -> tuple[str, str | None]:
    """Address and key of the data folder's daemon; where it would be if it does not run."""
    from memory_service.data_folder import KEY_FILE
    from memory_service.settings import load_settings, read_settings_file

    file = read_settings_file(None, environ)
    settings = load_settings(flags={}, environ=environ, file=file).settings
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    running = running_in(settings.data_folder)
    url = running or f"http://{host}:{settings.port or 1933}"
    key_file = settings.data_folder / KEY_FILE
    return url, _read_key(key_file) if key_file.exists() else None


def running_in(folder: Path) -> str | None:
    """The address that a folder's daemon wrote when it started; its Unix socket if it has one.

    `None` if it wrote none; after a crash nobody may listen there.
    """
    from memory_service.data_folder import RUNNING_FILE

    try:
        running = json.loads((folder / RUNNING_FILE).read_text(encoding="utf-8"))
        url, socket = running["url"], running.get("socket")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if isinstance(socket, str) and socket and Path(socket).is_socket():
        return f"unix:{socket}"
    return url if isinstance(url, str) else None


def _read_key(path: Path) -> str:
    """The key in a file.

    Raises:
        ConfigurationError: If the file cannot be read or is empty.
    """
    try:
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The key file {path} cannot be read.") from error
    if not key:
        raise ConfigurationError(f"The key file {path} is empty.")
    return key
