"""Measure anew and keep it: `python -m tests.golden.write`, after a change of ranking on purpose.

Prints what differs from what was kept, for the message of the commit.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.golden.measuring import FILE, measure, read_golden, write_golden

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.golden.measuring import Golden, SetFigures


def main() -> int:
    """Write the file; 0, whatever differs."""
    measured = measure()
    lines = list(differences(read_golden(), measured)) if FILE.exists() else ["the first one"]
    write_golden(measured)
    sys.stdout.write("\n".join(lines or ["nothing differs"]) + "\n")
    return 0


def differences(before: Golden, now: Golden) -> Iterator[str]:
    """A line for each thing that is not what it was."""
    if before.model != now.model:
        yield f"another model: {before.model} -> {now.model}"
    for name in sorted(before.sets.keys() ^ now.sets.keys()):
        yield f"{name}: {'new' if name in now.sets else 'gone'}"
    for name in sorted(before.sets.keys() & now.sets.keys()):
        for line in _changes(before.sets[name], now.sets[name]):
            yield f"{name}: {line}"


def _changes(before: SetFigures, now: SetFigures) -> Iterator[str]:
    for legs, measures in now.legs.items():
        for name, value in measures.items():
            old = before.legs.get(legs, {}).get(name)
            if old != value:
                gain = "" if old is None else f" ({value - old:+.2f})"
                yield f"{legs} {name}: {old} -> {value}{gain}"
    yield from _moved(before.first, now.first, "first")
    yield from _moved(before.evidence, now.evidence, "without an answer")
    if set(before.silent) != set(now.silent):
        yield f"silent: {before.silent} -> {now.silent}"


def _moved(before: Mapping[str, object], now: Mapping[str, object], what: str) -> Iterator[str]:
    for question in sorted(before.keys() | now.keys()):
        if before.get(question) != now.get(question):
            yield f"{question} {what}: {before.get(question)} -> {now.get(question)}"


if __name__ == "__main__":
    raise SystemExit(main())
