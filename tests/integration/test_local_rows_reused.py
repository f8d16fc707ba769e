"""Rows of the vector file that went from forgotten entries to new ones, over restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.trial_store import a_bench, faults_of
from memory_service.backends.local import LocalOptions

if TYPE_CHECKING:
    from pathlib import Path

EAGER = LocalOptions(exact_limit=100, merge_dead=16, seal_changes=50, save_changes=50)


def test_an_entry_whose_row_was_another_ones_is_found_after_a_restart(tmp_path: Path) -> None:
    """What was sealed names the row under the entry that was forgotten."""
    with a_bench(tmp_path, EAGER) as bench:
        list(bench.grow(400))
        bench.backend.maintain()
        bench.forget([f"e{number}" for number in range(0, 400, 5)])
        for _ in range(3):
            bench.backend.maintain()
            list(bench.grow(bench.oracle.written + 30))
        bench.reopen()
        marked = bench.vector("harbour")
        with bench.reading() as reader:
            found = reader.ids(reader.dense(marked, len(bench)).ordinals)
        faults = faults_of(bench, bench.questions(8), when="after a restart", least_found=0.95)

    assert len(found) == len(set(found)) == 410
    assert faults == []
