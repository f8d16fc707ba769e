"""A disk that gets full in the middle of writes, in a small file system of its own."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from benchmarks.durability_trial import Finding, Trial
from benchmarks.trial_full_disk import apart, may_mount

if TYPE_CHECKING:
    from benchmarks.durability_trial import Task

_CHILD = "benchmarks.durability_disk_child"
_MEGABYTES = 64


def full_disks(task: Task) -> Finding:
    """Fill it up to the limit, or to the last byte, in turn."""
    if not may_mount():
        return Finding(skipped="no file system may be mounted here")
    counts, faults = Counter[str](cycles=task.cycles), []
    for cycle in range(task.cycles):
        told = _one(task, cycle)
        counts.update(told["counts"])
        faults += [f"cycle {cycle}: {fault}" for fault in told["faults"]]
        task.advance(1)
    return Finding(counts=dict(counts), faults=tuple(faults))


def _one(task: Task, cycle: int) -> dict[str, Any]:
    disk = task.folder / "disk"
    disk.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_MEGABYTES}m", "none", str(disk)]
    child = [sys.executable, "-m", _CHILD, "--disk", str(disk), "--seed", f"{task.seed}-{cycle}"]
    child += ["--to", ("limit", "last-byte")[cycle % 2]]
    script = f"{shlex.join(mount)} && exec {shlex.join(child)}"
    ended = subprocess.run(apart("sh", "-c", script), capture_output=True, text=True, check=False)
    if ended.returncode:
        last = " ".join(ended.stderr.strip().splitlines()[-1:])
        return {"counts": {}, "faults": [f"the trial ended with {ended.returncode}: {last}"]}
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


FULL_DISKS = Trial(
    name="full disks",
    about="the disk gets full in the middle of writes",
    short=2,
    long=10,
    run=full_disks,
)
