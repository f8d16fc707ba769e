"""A real daemon in a process of its own, over a folder of its own."""

from __future__ import annotations

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
from memory_service.errors import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_START_SECONDS = 120.0
_POLL_SECONDS = 0.05
_STOP_SECONDS = 60.0
#: A batch of long texts on a slow machine takes minutes to embed.
_CALL_SECONDS = 600.0
_LOG_TAIL = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A running daemon; `folder` is its data folder, and its log lies in there."""

    process: subprocess.Popen[bytes]
    url: str
    folder: Path

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None

    def connect(self, *, attempts: int = 3) -> MemoryClient:
        """A client of this daemon, with its key; it tries a call so often."""
        key = (self.folder / "access.key").read_text(encoding="ascii").strip()
        return MemoryClient(
            self.url, api_key=key, timeout=_CALL_SECONDS, retry=RetryPolicy(attempts=attempts)
        )

    def stop(self) -> int:
        """Ask it to end, wait until it has, and give its exit code; after a minute, kill it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.process.returncode

    def kill(self) -> None:
        """End it at once, as a power cut would end its process."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running_daemon(folder: Path, *, model: str) -> Iterator[Daemon]:
    """Start a daemon over *folder* on a free port; it is stopped at the end if it still runs.

    It takes nothing from the caller's settings and downloads nothing.

    Raises:
        NotReadyError: If it ends, or does not answer within two minutes; with the end of its log.
    """
    port = _free_port()
    with (folder / "daemon.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "memory_service", "serve"],
            env=_environment(folder, model, port),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    daemon = Daemon(process=process, url=f"http://127.0.0.1:{port}", folder=folder)
    try:
        _wait_until_ready(daemon)
        yield daemon
    finally:
        if daemon.running:
            daemon.stop()


def _environment(folder: Path, model: str, port: int) -> Mapping[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("MEMORY_SERVICE_")
    }
    return inherited | {
        "MEMORY_SERVICE_DATA_FOLDER": str(folder),
        "MEMORY_SERVICE_PORT": str(port),
        "MEMORY_SERVICE_MODEL": model,
        "MEMORY_SERVICE_ALLOW_DOWNLOAD": "false",
        "XDG_CONFIG_HOME": str(folder),
        "HF_HUB_OFFLINE": "1",
    }


def _wait_until_ready(daemon: Daemon) -> None:
    until = time.monotonic() + _START_SECONDS
    while daemon.running and time.monotonic() < until:
        if _is_ready(daemon):
            return
        time.sleep(_POLL_SECONDS)
    log = (daemon.folder / "daemon.log").read_text(encoding="utf-8", errors="replace")
    raise NotReadyError(f"the daemon did not start; its log ends with:\n{log[-_LOG_TAIL:]}")


def _is_ready(daemon: Daemon) -> bool:
    if not (daemon.folder / "access.key").is_file():
        return False
    with daemon.connect() as client:
        return client.ready()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
