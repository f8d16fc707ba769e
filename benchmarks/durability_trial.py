"""What a trial of durability is: one row of the table of `durability`."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def seeded(*seeds: object) -> Random:
    """Chances that come again with the same seeds."""
    return Random("-".join(map(str, seeds)))  # noqa: S311 (faults, no secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a trial is to do.

    Args:
        folder: An empty folder of its own.
        cycles: How often.
        seed: Of all its chances.
        advance: Called when so many cycles are done.
    """

    folder: Path
    cycles: int
    seed: int
    advance: Callable[[int], None] = lambda _cycles: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a trial counted, and every breach of a promise, told for a person.

    `skipped` says why it could not be run here; then nothing was counted.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    skipped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A trial: its name, what it does in a few words, how often in short and in long, and how.

    To add one, write a function of this kind and put its `Trial` into `durability.TRIALS`.
    """

    name: str
    about: str
    short: int
    long: int
    run: Callable[[Task], Finding]
