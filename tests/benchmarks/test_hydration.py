"""`bench-hydration` from end to end, tiny."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks import hydration
from benchmarks.hydration_tables import hydration_tables

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_entries_and_filters_are_measured_from_memory_and_by_query(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--entries", "200", "--rounds", "3", "--results", str(tmp_path)]

    code = hydration.main(arguments)

    result = json.loads((tmp_path / "hydration-200.json").read_bytes())
    assert code == 0
    assert capsys.readouterr().out.strip().endswith(hydration_tables([result]).splitlines()[-1])
    assert list(result["fetch"]) == ["10", "20", "100"]
    assert all(one["records"]["median"] > 0 for one in result["fetch"].values())
    assert set(result["filters"]) == {"half", "tenth", "hundredth", "thousandth"}
