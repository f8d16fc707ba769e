"""One-bit flips and truncations of every file of a data folder: never silently other answers."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from benchmarks.durability_look import Seen, look, make_store
from benchmarks.durability_trial import Finding, Trial, seeded

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from benchmarks.durability_trial import Task

#: One in so many is a truncation.
_TRUNCATED = 5


def flips(task: Task) -> Finding:
    """Damage one file of a copy at a time, and ask."""
    base, copy = task.folder / "base", task.folder / "copy"
    base.mkdir(mode=0o700)
    key, chance = make_store(base), seeded(task.seed)
    shutil.copytree(base, copy)
    before = look(copy, key)
    if before.refusal or before.broken:
        return Finding(faults=(f"the store itself: {before.refusal or before.broken}",))
    counts, faults = Counter[str](cycles=task.cycles), []
    for cycle in range(task.cycles):
        shutil.rmtree(copy)
        shutil.copytree(base, copy)
        what = _damage(copy, cycle, chance)
        verdict, fault = _verdict(before, look(copy, key))
        counts[verdict] += 1
        faults += [f"{what}: {fault}"] * bool(fault)
        task.advance(1)
    return Finding(counts=dict(counts), faults=tuple(faults))


def _damage(folder: Path, cycle: int, chance: Random) -> str:
    """Damage one file, kind after kind, so that small ones have their turn; what was done."""
    kinds = _kinds(folder)
    files = kinds[sorted(kinds)[cycle % len(kinds)]]
    file = chance.choice(files)
    data, name = bytearray(file.read_bytes()), file.relative_to(folder)
    if chance.randrange(_TRUNCATED) == 0:
        length = chance.randrange(len(data))
        file.write_bytes(data[:length])
        return f"{name} cut to {length} of {len(data)} bytes"
    bit = chance.randrange(8 * len(data))
    data[bit // 8] ^= 1 << bit % 8
    file.write_bytes(data)
    return f"{name}, bit {bit % 8} of byte {bit // 8} of {len(data)}"


def _kinds(folder: Path) -> dict[str, list[Path]]:
    """The files that hold anything, those of one folder and one ending together."""
    kinds = defaultdict(list)
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.stat().st_size:
            kinds[f"{file.parent.relative_to(folder)}/*{file.suffix or file.name}"].append(file)
    return kinds


def _verdict(before: Seen, after: Seen) -> tuple[str, str]:
    """How the damage ended, and what is wrong with that if anything is."""
    if after.broken:
        return "broken", after.broken
    if after.refusal:
        return "refused", ""
    if (before.state, before.recalls) == (after.state, after.recalls):
        return "equal", ""
    if set(after.said) - set(before.said):
        return "said", ""
    return "silent", "other answers, and nothing said"


FLIPS = Trial(
    name="flips",
    about="one-bit flips and truncations of every file",
    short=60,
    long=600,
    run=flips,
)
