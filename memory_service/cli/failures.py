"""How errors end a command: one line that says what to do, and an exit code."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from memory_service.cli.exit_codes import ExitCode
from memory_service.cli.output import safe, tell
from memory_service.errors import (
    ConfigurationError,
    CorruptStoreError,
    MemoryServiceError,
    SyncFailedError,
)

if TYPE_CHECKING:
    from memory_service.cli.world import World

_START = (
    "Start one with `memory-service serve` or `memory-service service start`, "
    "or name another with --url."
)
_KEY = "The key is in `access.key` of the daemon's data folder; --key-file names it."
_UNKNOWN = "Whether a write was done is not known; doing it again is safe."
_REPORT = "This is a fault of the program; MEMORY_SERVICE_LOG_LEVEL=debug shows where."


def report(error: Exception, world: World) -> ExitCode:
    """Say on standard error what went wrong, and give the exit code.

    An error we did not foresee is named by its class alone: its text may hold an entry's.
    """
    if world.debug:
        world.err.file.write(safe("".join(traceback.format_exception(error))))
    line, code = _described(error)
    tell(world, f"memory-service: {line}")
    return code


def _described(error: Exception) -> tuple[str, ExitCode]:
    """What to say of an error, and how the command ends."""
    if isinstance(error, ConfigurationError):
        return error.detail, ExitCode.USAGE
    if isinstance(error, CorruptStoreError):
        return f"{error.detail} ({error.code})", ExitCode.DAMAGED
    if isinstance(error, SyncFailedError):
        return f"{error.detail} ({error.code})", ExitCode.STORE_FAILED
    if isinstance(error, MemoryServiceError):
        return f"{error.detail} ({error.code})", ExitCode.REFUSED
    if isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror}", ExitCode.REFUSED
    return _of_the_client(error) or (f"{type(error).__name__}. {_REPORT}", ExitCode.REFUSED)


def _of_the_client(error: Exception) -> tuple[str, ExitCode] | None:
    """What to say of an error of the client; nothing of any other."""
    from agent_client import errors

    line, code = "", ExitCode.REFUSED
    match error:
        case errors.AccessError():
            line = f"{error.detail} ({error.code}) {_KEY}"
        case errors.ResponseError():
            line = f"{error.detail} ({error.code})"
        case errors.RequestTimeoutError() | errors.ConnectionLostError():
            line, code = f"{error.url} gave no answer. {_UNKNOWN}", ExitCode.UNREACHABLE
        case errors.TransportError():
            line, code = f"No daemon answers at {error.url}. {_START}", ExitCode.UNREACHABLE
        case errors.AllEndpointsFailedError():
            line, code = f"No daemon answers: {error}. {_START}", ExitCode.UNREACHABLE
        case errors.MemoryClientError():
            line = str(error)
    return (line, code) if line else None
