"""Which questions settings were tuned on; the others are held out.

A figure over questions that a setting was fitted to says too much, so the sets of which a part
is for tuning get a row of their own for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset, Question

#: LoCoMo is split by conversation: questions about one conversation are not independent.
_LOCOMO_TUNING = frozenset({"conv-26", "conv-30", "conv-41", "conv-42", "conv-43"})


def held_out(dataset: Dataset) -> list[Question] | None:
    """The questions of the set that nothing was tuned on; `None` if it is not split."""
    if dataset.name == "locomo":
        return [asked for asked in dataset.questions if asked.namespace not in _LOCOMO_TUNING]
    if dataset.name == "cosqa":
        return [asked for asked in dataset.questions if asked.category != "dev"]
    return None
