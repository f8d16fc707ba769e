"""What a figure was measured on: machine, versions, commit.  No path, host or user name."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The packages whose version can move a figure.
PACKAGES = ("torch", "sentence-transformers", "transformers", "faiss-cpu", "duckdb", "numpy")
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A computer as far as speed depends on it; `cores` are those this process may use."""

    cpu: str
    cores: int
    memory_gib: float
    system: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What ran: a commit, whether the work tree differed from it, and versions.

    `commit` is empty outside a checkout.
    """

    commit: str
    dirty: bool
    python: str
    packages: Mapping[str, str]


def describe_machine() -> Machine:
    """The machine this runs on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        cpu=_cpu_name(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(memory / 2**30, 1),
        system=f"{platform.system()} {platform.machine()}",
    )


def describe_code() -> Code:
    """The code that runs here."""
    return Code(
        commit=_git("rev-parse", "HEAD"),
        dirty=bool(_git("status", "--porcelain", "--untracked-files=no")),
        python=platform.python_version(),
        packages={name: version(name) for name in PACKAGES},
    )


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _git(*arguments: str) -> str:
    try:
        answer = subprocess.run(
            ["git", "-C", str(_HERE), *arguments],  # noqa: S607  # whichever git is installed
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
