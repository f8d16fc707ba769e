"""Whether a command works through the daemon or on the store itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from memory_service.cli.serve import loaded
from memory_service.cli.world import Address, World

if TYPE_CHECKING:
    from memory_service.settings import Settings

#: What a size is counted in.
_UNITS = ("bytes", "KB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the store is: in the folder of the settings, or else behind a daemon's address."""

    address: Address
    settings: Settings | None


def place_of(
    world: World,
    *,
    data_folder: str | None,
    config: Path | None,
    url: str | None,
    key_file: Path | None,
) -> Place:
    """The daemon that was named or that holds the data folder; the folder if nobody holds it."""
    address = Address(url=url, key_file=key_file, namespace="default")
    if url or (world.environ.get("MEMORY_SERVICE_URL") and not data_folder):
        return Place(address=address, settings=None)
    settings = loaded(world, config, {"data_folder": data_folder}).settings
    if not held(settings.data_folder):
        return Place(address=address, settings=settings)
    own = _own_daemon(settings.data_folder) if data_folder else address
    return Place(address=own, settings=None)


def held(folder: Path) -> bool:
    """Whether a daemon, or another command, holds the data folder."""
    from memory_service.data_folder import FolderLock
    from memory_service.errors import DataFolderHeldError

    if not folder.is_dir():
        return False
    try:
        FolderLock.hold(folder).release()
    except DataFolderHeldError:
        return True
    return False


def _own_daemon(folder: Path) -> Address:
    """The daemon of a folder that was named."""
    from memory_service.cli.connecting import running_in
    from memory_service.data_folder import KEY_FILE

    return Address(url=running_in(folder), key_file=folder / KEY_FILE, namespace="default")


def size(count: int) -> str:
    """A number of bytes for people, in powers of a thousand."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{count} bytes"
