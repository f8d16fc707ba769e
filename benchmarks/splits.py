"""Which questions settings may be tuned on, and which nothing was ever tuned on.

A figure over questions that a setting was fitted to says too much, so every table shows the two
parts of a set side by side.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset, Question

#: Sets that are for tuning as a whole.
TUNING_SETS = frozenset({"scifact_train"})
#: LoCoMo is split by conversation: questions about one conversation are not independent.
_LOCOMO_TUNING = frozenset({"conv-26", "conv-30", "conv-41", "conv-42", "conv-43"})


class Part(StrEnum):
    """What a question may be used for."""

    TUNED = "tuned on"
    UNTOUCHED = "untouched"


def part_of(dataset: Dataset, question: Question) -> Part:
    """The part that this question of the set belongs to; in a set from outside, `UNTOUCHED`."""
    tuned = (
        dataset.name in TUNING_SETS
        or (dataset.name == "locomo" and question.namespace in _LOCOMO_TUNING)
        or (dataset.name == "cosqa" and question.category == "dev")
    )
    return Part.TUNED if tuned else Part.UNTOUCHED


def only(dataset: Dataset, part: Part) -> Dataset:
    """The set with the questions of this part alone, and the namespaces that they ask."""
    asked = tuple(one for one in dataset.questions if part_of(dataset, one) is part)
    namespaces = {one.namespace for one in asked}
    entries = tuple(placed for placed in dataset.entries if placed.namespace in namespaces)
    return replace(dataset, entries=entries, questions=asked)
