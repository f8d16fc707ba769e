"""The bad cases in short, with limits so small that all that can be due is: see `bad_cases`.

`make bench-trials` runs them at full length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.trial_full_disk import full_disk, full_file_system
from benchmarks.trial_growing import growing
from benchmarks.trial_import import importing
from benchmarks.trial_reads import forgetting, long_queries, many_namespaces
from memory_service.backends.local import LocalOptions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

#: Merges, seals and snapshots come every few hundred entries instead of tens of thousands.
EAGER = LocalOptions(
    exact_limit=200,
    settled_postings=2_000,
    merge_dead=64,
    seal_changes=200,
    save_changes=100,
    record_bytes=1 << 16,
)


def test_a_query_of_500_words_is_answered_exactly(tmp_path: Path) -> None:
    assert long_queries(tmp_path, entries=3_000, options=EAGER).faults == ()


def test_a_namespace_that_grows_while_it_is_read_answers_right_all_the_while(
    tmp_path: Path,
) -> None:
    verdict = growing(tmp_path, last=6_000, options=EAGER)

    assert verdict.faults == ()
    assert verdict.figures["reads"] > 0


def test_many_tiny_namespaces_opened_in_turn_answer_for_themselves_alone(tmp_path: Path) -> None:
    verdict = many_namespaces(tmp_path, namespaces=400, options=EAGER)

    assert verdict.faults == ()


def test_what_is_left_of_a_namespace_answers_exactly(tmp_path: Path) -> None:
    verdict = forgetting(tmp_path, entries=3_000, options=EAGER)

    assert verdict.faults == ()
    assert verdict.figures["left"] == 300


def test_files_that_may_not_grow_stop_nothing_for_good(tmp_path: Path) -> None:
    verdict = full_disk(tmp_path, entries=2_000, options=EAGER)

    assert verdict.faults == ()
    assert any(name.startswith("refused") for name in verdict.figures)


def test_a_full_file_system_stops_nothing_for_good(tmp_path: Path) -> None:
    verdict = full_file_system(tmp_path, entries=2_000, options=EAGER)
    if verdict is None:
        pytest.skip("no file system may be mounted here")

    assert verdict.faults == ()


def test_recalls_go_on_beside_an_import(tmp_path: Path) -> None:
    verdict = importing(tmp_path, entries=6_000, model="hashing")

    assert verdict.faults == ()
    assert verdict.figures["recalls"] > 1
