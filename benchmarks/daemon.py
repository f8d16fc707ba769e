"""A real daemon in a process of its own, over a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_client import MemoryClient, RetryPolicy
from benchmarks.compiled_models import machines_folder
from benchmarks.http_calls import answers
from memory_service.errors import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_START_SECONDS = 600.0
_SERVE = ("memory_service", "serve")
_POLL_SECONDS = 0.01
_STOP_SECONDS = 60.0
#: A batch of long texts on a slow machine takes minutes to embed.
_CALL_SECONDS = 600.0
_LOG_TAIL = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A running daemon; `folder` is its data folder, and its log lies in there.

    `start_seconds` go from the start of its process to when it said that it is ready.
    """

    process: subprocess.Popen[bytes]
    url: str
    folder: Path
    start_seconds: float

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None

    @property
    def key(self) -> str:
        """What opens it."""
        return (self.folder / "access.key").read_text(encoding="ascii").strip()

    @property
    def nearest(self) -> str:
        """The address that a client on this machine takes: the Unix socket if there is one."""
        running = json.loads((self.folder / "daemon.json").read_bytes())
        return f"unix:{running['socket']}" if running.get("socket") else self.url

    def connect(self, *, attempts: int = 3) -> MemoryClient:
        """A client of this daemon, with its key; it tries a call so often."""
        retry = RetryPolicy(attempts=attempts)
        return MemoryClient(self.url, api_key=self.key, timeout=_CALL_SECONDS, retry=retry)

    def stop(self) -> int:
        """Ask it to end, wait until it has, and give its exit code; after a minute, kill it."""
        return _stop(self.process)

    def kill(self) -> None:
        """End it at once, as a power cut would end its process."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running_daemon(
    folder: Path,
    *,
    model: str,
    command: Sequence[str] = _SERVE,
    settings: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Daemon]:
    """Start a daemon over *folder* on a free port; it is stopped at the end if it still runs.

    It takes nothing from the caller's settings and downloads nothing.

    Args:
        folder: Its data folder.
        model: As in the settings.
        command: A module with its arguments: another program that serves the same.
        settings: Further settings, by key.
        environment: Further variables.

    Raises:
        NotReadyError: If it ends, or does not answer within ten minutes; with the end of its log.
    """
    port = _free_port()
    start = time.perf_counter()
    with (folder / "daemon.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=_environment(folder, model, port)
            | _variables(settings or {})
            | dict(environment or {}),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(process, url, folder)
        seconds = time.perf_counter() - start
        yield Daemon(process=process, url=url, folder=folder, start_seconds=seconds)
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> int:
    """Ask it to end, wait until it has, and give its exit code; after a minute, kill it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def _variables(settings: Mapping[str, str]) -> dict[str, str]:
    return {f"MEMORY_SERVICE_{key.upper()}": value for key, value in settings.items()}


def _environment(folder: Path, model: str, port: int) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("MEMORY_SERVICE_")
    }
    return inherited | {
        "MEMORY_SERVICE_DATA_FOLDER": str(folder),
        "MEMORY_SERVICE_PORT": str(port),
        "MEMORY_SERVICE_MODEL": model,
        "MEMORY_SERVICE_ALLOW_DOWNLOAD": "false",
        # A machine may be as full as it likes.
        "MEMORY_SERVICE_DISK_REFUSE_PERCENT": "0",
        "MEMORY_SERVICE_COMPILED_FOLDER": str(machines_folder()),
        "XDG_CONFIG_HOME": str(folder),
        "HF_HUB_OFFLINE": "1",
    }


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        if answers(url, "/readyz"):
            return
        time.sleep(_POLL_SECONDS)
    log = (folder / "daemon.log").read_text(encoding="utf-8", errors="replace")
    raise NotReadyError(f"the daemon did not start; its log ends with:\n{log[-_LOG_TAIL:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
