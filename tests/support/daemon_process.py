"""A real daemon in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

from benchmarks.compiled_models import machines_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
_EXIT_SECONDS = 30
_GREETING_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a daemon that did not start ended."""

    code: int
    stderr: str


class DaemonProcess:
    """A daemon that listens; `client` has its key, `greeting` is what it said at the start."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, greeting: list[str]) -> None:
        self.process = process
        self.greeting = greeting
        self.folder = folder
        self.running = json.loads((folder / "daemon.json").read_text())
        self.client = httpx2.Client(
            base_url=self.running["url"],
            headers={"X-API-Key": (folder / "access.key").read_text().strip()},
            trust_env=False,
            timeout=30,
        )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        self.client.close()
        self.process.send_signal(number)
        self.process.communicate(timeout=_EXIT_SECONDS)
        return self.process.returncode

    def kill(self) -> None:
        """End it as a power cut would end its process."""
        self.client.close()
        self.process.kill()
        self.process.communicate(timeout=_EXIT_SECONDS)


def launched(folder: Path, *, port: int = 0, model: str = "hashing") -> subprocess.Popen[str]:
    """The process, not yet waited for; it reaches for no model hub."""
    command = [sys.executable, "-m", "memory_service", "serve"]
    options = ["--data-folder", str(folder), "--port", str(port), "--model", model]
    environment = {
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder.parent),
        "PATH": os.environ["PATH"],
        "HF_HUB_OFFLINE": "1",
        "MEMORY_SERVICE_COMPILED_FOLDER": str(machines_folder()),
        # A machine may be as full as it likes.
        "MEMORY_SERVICE_DISK_REFUSE_PERCENT": "0",
    }
    return subprocess.Popen(
        command + options,
        cwd=folder.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def a_daemon(folder: Path, *, model: str = "hashing") -> Iterator[DaemonProcess]:
    """A daemon that accepts calls; killed at the end if it still runs."""
    process = launched(folder, model=model)
    assert process.stdout is not None
    greeting = [process.stdout.readline() for _ in range(_GREETING_LINES)]
    if not greeting[-1]:
        _, errors = process.communicate(timeout=_EXIT_SECONDS)
        raise AssertionError(f"the daemon did not start: {errors}")
    daemon = DaemonProcess(process, folder, greeting)
    try:
        yield daemon
    finally:
        if process.poll() is None:
            daemon.kill()


def refused(folder: Path, *, port: int = 0) -> Ended:
    """Start a daemon that cannot start."""
    process = launched(folder, port=port)
    _, errors = process.communicate(timeout=_EXIT_SECONDS)
    return Ended(code=process.returncode, stderr=errors)
