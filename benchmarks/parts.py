"""A set by what its questions are for: tuning, or reporting what nothing was tuned on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from benchmarks.datasets import read_set
from benchmarks.splits import TUNING_SETS, Part, part_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.datasets import Dataset, Question

#: The sets of which all or a part is for tuning.
_FOR_TUNING = TUNING_SETS | {"locomo", "cosqa"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """A set and its questions by part; it holds no namespace that no part asks."""

    dataset: Dataset
    parts: Mapping[Part, Sequence[Question]]

    def unlike(self, others: Iterable[Parted]) -> list[Parted]:
        """Those that are about something else: sets that share an entry's id may not be."""
        ids = {placed.draft.id for placed in self.dataset.entries}
        return [
            other
            for other in others
            if ids.isdisjoint(placed.draft.id for placed in other.dataset.entries)
        ]


def is_for_tuning(name: str) -> bool:
    """Whether a set of this name, or a part of it, is for tuning."""
    return name in _FOR_TUNING


def read_parts(folder: Path, *, report: bool) -> Parted:
    """Read a set: what is for tuning, and with *report* the rest.

    Raises:
        MalformedLineError: If a line is not what the layout says.
    """
    dataset = read_set(folder)
    parts = {
        part: [asked for asked in dataset.questions if part_of(dataset, asked) is part]
        for part in Part
        if report or part is Part.TUNED
    }
    parts = {part: members for part, members in parts.items() if members}
    questions = tuple(chain.from_iterable(parts.values()))
    asked = {question.namespace for question in questions}
    entries = tuple(placed for placed in dataset.entries if placed.namespace in asked)
    return Parted(dataset=replace(dataset, entries=entries, questions=questions), parts=parts)
