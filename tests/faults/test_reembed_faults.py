"""A daemon killed at each stage of another model's way: what was acknowledged stays, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.durability_reembed import STAGES, killed_while_reembedding

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.mark.parametrize("stage", STAGES)
def test_a_kill_loses_nothing_and_the_work_goes_on_where_it_was(stage: str, tmp_path: Path) -> None:
    found = killed_while_reembedding(tmp_path, stage, entries=1_500)

    assert found.passed, found
