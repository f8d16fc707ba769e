"""The trials of durability in short: nothing acknowledged is lost, nothing is silently wrong.

`make bench-durability` runs them at full length and prints their counts.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.durability import TRIALS
from benchmarks.durability_trial import Task, Trial

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

SEED = 20260601


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_nothing_is_lost_and_nothing_silently_wrong(
    trial: Trial, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = trial.run(Task(folder=tmp_path, cycles=trial.short, seed=SEED))
    if found.skipped:
        pytest.skip(found.skipped)

    with capsys.disabled():
        sys.stdout.write(f"\n{trial.name}: {dict(found.counts)}\n")
    assert found.faults == ()
    assert found.counts["cycles"] == trial.short
