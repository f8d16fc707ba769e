"""A disk that is full in the middle of what is due, in a process of its own."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks.trial_store import Verdict
from memory_service.backends.local import LocalOptions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CHILD = "benchmarks.full_disk_child"
#: Of a file system of its own: the store, and what it writes anew beside it.
_BYTES_PER_ENTRY = 12_000
_LEAST_BYTES = 64 << 20


def full_disk(folder: Path, *, entries: int, options: LocalOptions | None = None) -> Verdict:
    """No file may grow further, for four sizes; then it may again."""
    return _verdict("full_disk", _child(folder, entries, "limit", options), entries)


def full_file_system(
    folder: Path, *, entries: int, options: LocalOptions | None = None
) -> Verdict | None:
    """The same in a small file system of its own, filled up; `None` where none may be mounted."""
    if not may_mount():
        return None
    size = _LEAST_BYTES + entries * _BYTES_PER_ENTRY
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    inner = shlex.join(["mkdir", str(folder / "data")])
    command = _child(folder / "data", entries, "filling", options)
    script = f"{shlex.join(mount)} && {inner} && exec {shlex.join(command)}"
    return _verdict("full_file_system", apart("sh", "-c", script), entries)


def may_mount() -> bool:
    """Whether a process may be given mounts of its own."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(apart("true"), capture_output=True, check=False).returncode == 0


def apart(*command: str) -> list[str]:
    """With mounts of its own, as a user who may mount."""
    return ["unshare", "--map-root-user", "--mount", *command]


def _child(folder: Path, entries: int, by: str, options: LocalOptions | None) -> list[str]:
    command = [sys.executable, "-m", _CHILD, "--folder", str(folder), "--by", by]
    given = json.dumps(asdict(options or LocalOptions()))
    return [*command, "--entries", str(entries), "--options", given]


def _verdict(case: str, command: Sequence[str], entries: int) -> Verdict:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-1:]
        faults = (f"the process ended with {ended.returncode}: {' '.join(last)}",)
        return Verdict(case=case, figures={"entries": entries}, faults=faults)
    told: dict[str, Any] = json.loads(ended.stdout)
    figures = {"entries": entries, **{f"refused, {k}": n for k, n in told["refused"].items()}}
    return Verdict(case=case, figures=figures, faults=tuple(told["faults"]))
