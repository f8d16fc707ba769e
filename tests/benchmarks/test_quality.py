"""The quality benchmark over a tiny set: it runs the product and says what it measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.quality import main
from tests.support.evaluation_set import write_tiny_set

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import pytest


def _measure(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    data, results = write_tiny_set(folder), folder / "results"
    code = main(
        ["--data", str(data), "--results", str(results), "--model", "hashing", "--per-query"]
    )
    assert code == 0, capsys.readouterr().err
    result: dict[str, Any] = json.loads((results / "tiny.json").read_bytes())
    return result


def test_a_set_is_measured_from_its_files_to_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every question shares a rare word with the turn that answers it, so all legs find it."""
    result = _measure(tmp_path, capsys)

    assert result["data"]["entries"] == 8
    assert result["data"]["with_gold"] == 8
    assert result["remembered"] == {"created": 8}
    assert list(result["systems"]) == ["lexical", "dense", "hybrid"]
    for groups in result["systems"].values():
        assert groups["all"]["questions"] == 8
        assert groups["all"]["measures"]["recall_at_5"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert result["systems"]["hybrid"]["all"]["measures"]["hit_1"]["mean"] == 1.0
    assert set(result["systems"]["hybrid"]) == {"all", "person", "place", "thing", "time"}
    assert sum(result["adaptive"]["evidence"].values()) == 8
    assert sum(result["adaptive"]["evidence_without_gold"].values()) == 2


def test_a_result_names_neither_folder_nor_host(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = json.dumps(_measure(tmp_path, capsys))

    assert str(tmp_path) not in result
    assert "/" not in result.replace("entries/", "")


def test_the_table_says_what_the_result_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = _measure(tmp_path, capsys)

    printed = capsys.readouterr().out
    mean = result["systems"]["hybrid"]["all"]["measures"]["ndcg_10"]["mean"]
    assert f"{100 * mean:.1f}" in printed
    assert "| hybrid, by category |" in printed


def test_rankings_are_kept_for_each_question_on_demand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _measure(tmp_path, capsys)

    kept = json.loads((tmp_path / "results" / "per_query" / "tiny.json").read_bytes())
    assert kept["hybrid"]["talk-0/q1"][0] == "talk-0/t1"


def test_a_folder_without_a_set_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path), "--model", "hashing"]) == 2
    assert "no set" in capsys.readouterr().err
