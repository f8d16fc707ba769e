"""The daemon's part of the data folder: its lock, its key, its name, where it listens."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import stat
import uuid
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from memory_service.durable import sync
from memory_service.errors import ConfigurationError, DataFolderHeldError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

KEY_FILE = "access.key"
LOCK_FILE = "daemon.lock"
NODE_FILE = "node.id"
RUNNING_FILE = "daemon.json"
SOCKET_FILE = "daemon.sock"
WISH_FILE = "reembed.json"

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDaemon:
    """How to find a running daemon; kept in `daemon.json` while it runs.

    After a crash the file stays until the next start, so that nobody may listen at `url`.
    `socket` is the path of its Unix socket, empty where it has none.
    """

    url: str
    key_file: str
    process_id: str
    pid: int
    socket: str = ""


class FolderLock:
    """An exclusive lock on a data folder; the kernel drops it when the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def hold(cls, folder: Path) -> Self:
        """Take the lock, or say who has it; the folder is made if it is not there.

        Raises:
            DataFolderHeldError: If another process holds it.
            ConfigurationError: If the folder cannot be written to.
        """
        prepare(folder)
        path = folder / LOCK_FILE
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise _held(folder, holder) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Give the lock up; releasing twice is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def prepare(folder: Path) -> None:
    """Make the folder, for its owner alone.  One that is there keeps its mode.

    Raises:
        ConfigurationError: If it cannot be made or written to.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {folder} cannot be made: {error.strerror}.  Choose another.",
            field="data_folder",
        ) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"The data folder {folder} is not yours to write to.  Choose another, or its owner.",
            field="data_folder",
        )


def access_key(folder: Path) -> str:
    """The key that opens the daemon; 256 random bits, made at first start, mode 0600.

    Raises:
        ConfigurationError: If others can read the file, or it holds no key.
    """
    path = folder / KEY_FILE
    if not path.exists():
        _write_private(path, secrets.token_urlsafe(_KEY_BYTES) + "\n")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigurationError(
            f"Others can read {path}.  Run `chmod 600 {path}` if nobody has; otherwise delete it, "
            "and the next start makes a new key."
        )
    key = path.read_text("ascii", errors="replace").strip()
    if len(key) < _KEY_BYTES or not key.isascii() or not key.isprintable():
        raise ConfigurationError(
            f"{path} holds no key.  Delete it, and the next start makes a new one."
        )
    return key


def node_id(folder: Path) -> str:
    """The name of this copy of the data; made at first start."""
    path = folder / NODE_FILE
    if not path.exists():
        _write_private(path, f"{uuid.uuid4()}\n")
    return path.read_text("ascii").strip()


def announce(folder: Path, running: RunningDaemon) -> None:
    """Write where the daemon is, for clients on this machine."""
    _write_private(folder / RUNNING_FILE, json.dumps(asdict(running)) + "\n")


def withdraw(folder: Path) -> None:
    """Take back what `announce` wrote."""
    (folder / RUNNING_FILE).unlink(missing_ok=True)
    (folder / SOCKET_FILE).unlink(missing_ok=True)


def wish_model(folder: Path, name: str) -> None:
    """Note which model is to serve the store; it holds until `fulfil_wish` or `withdraw_wish`."""
    _write_private(folder / WISH_FILE, json.dumps({"model": name}) + "\n")


def wished_model(folder: Path) -> str:
    """The model that is to serve; empty where there is no wish.

    Raises:
        ConfigurationError: If the file says something else.
    """
    path = folder / WISH_FILE
    try:
        name = json.loads(path.read_text("utf-8"))["model"]
    except FileNotFoundError:
        return ""
    except (ValueError, KeyError, TypeError) as error:
        raise _no_wish(path) from error
    if not isinstance(name, str) or not name:
        raise _no_wish(path)
    return name


def withdraw_wish(folder: Path) -> None:
    """Let the model stay that serves."""
    (folder / WISH_FILE).unlink(missing_ok=True)
    sync(folder)


def fulfil_wish(folder: Path, name: str) -> None:
    """The model of that name serves; another wish stays."""
    if wished_model(folder) == name:
        withdraw_wish(folder)


def _no_wish(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{path} names no model.  Run `memory-service reembed --model NAME` or "
        "`memory-service reembed --cancel`."
    )


def _held(folder: Path, holder: str) -> DataFolderHeldError:
    return DataFolderHeldError(
        f"Another process ({f'pid {holder}' if holder else 'of unknown pid'}) holds the data "
        f"folder {folder}.  Stop it first, or choose another folder with --data-folder.",
        field="data_folder",
    )


def _write_private(path: Path, content: str) -> None:
    """Put a whole file in place, readable by its owner alone."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync(path.parent)
