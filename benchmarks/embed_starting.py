"""How long daemons take to start with a model, for the first time and again, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.daemon import running_daemon

_MIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """Two starts: the first compiles the model into `compiled`.

    Seconds are from the process's begin to its first answer.  `idle_megabytes` is the resident
    memory of the second daemon after one recall, mapped files included.
    """

    first_seconds: float
    next_seconds: float
    idle_megabytes: float
    compiled: Path


def start_twice(model: Path, folder: Path) -> Starting:
    """Start a daemon with the model over a fresh data folder, stop it, and start it again."""
    folder.mkdir()
    compiled = folder / "compiled"
    settings = {"compiled_folder": str(compiled)}
    seconds, megabytes = [], 0.0
    for _ in range(2):
        with running_daemon(folder, model=str(model), settings=settings) as daemon:
            seconds.append(daemon.start_seconds)
            with daemon.connect() as client:
                client.remember("The train leaves at nine.", namespace="ns")
                client.recall("When does the train leave?", namespace="ns")
            megabytes = _resident(daemon.process.pid)
    return Starting(
        first_seconds=seconds[0],
        next_seconds=seconds[1],
        idle_megabytes=megabytes,
        compiled=compiled,
    )


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / _MIB
