"""What a question may be used for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.datasets import by_corpus, read_set
from benchmarks.splits import Part, only, part_of
from tests.support.evaluation_set import write_tiny_set

if TYPE_CHECKING:
    from pathlib import Path


def test_a_set_from_outside_is_untouched(tmp_path: Path) -> None:
    dataset = read_set(write_tiny_set(tmp_path))

    assert {part_of(dataset, asked) for asked in dataset.questions} == {Part.UNTOUCHED}


@pytest.mark.parametrize("part", list(Part))
def test_conversations_are_split_whole(tmp_path: Path, part: Part) -> None:
    """A part of the set holds the entries and questions of its namespaces, and no others."""
    tuned, untouched = "conv-26", "conv-50"
    dataset = read_set(write_tiny_set(tmp_path, name="locomo", spaces=[tuned, untouched]))

    kept = only(dataset, part)

    namespace = tuned if part is Part.TUNED else untouched
    assert {asked.namespace for asked in kept.questions} == {namespace}
    assert list(kept.by_namespace()) == [namespace]
    assert len(kept.questions) == len(dataset.questions) / 2
    assert len(kept.entries) == len(dataset.entries) / 2


def test_a_set_for_tuning_is_so_as_a_whole(tmp_path: Path) -> None:
    dataset = read_set(write_tiny_set(tmp_path, name="scifact_train"))

    assert only(dataset, Part.TUNED) == dataset
    assert only(dataset, Part.UNTOUCHED).questions == ()


def test_sets_over_the_same_entries_come_together(tmp_path: Path) -> None:
    one, other, alone = (
        read_set(write_tiny_set(tmp_path, name="one")),
        read_set(write_tiny_set(tmp_path, name="other")),
        read_set(write_tiny_set(tmp_path, name="alone", spaces=["elsewhere"])),
    )

    assert by_corpus([one, alone, other]) == [(one, other), (alone,)]
