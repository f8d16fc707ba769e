"""The quality benchmark over tiny sets: it runs the product and says what it measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from benchmarks.per_query import read_rows
from benchmarks.quality import main
from benchmarks.report import with_tables
from benchmarks.results import read_results
from benchmarks.variants import CUT_POINTS
from tests.support.evaluation_set import write_tiny_set

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a split set and another over the same entries have been measured."""
    folder = tmp_path_factory.mktemp("measured")
    for name in ("locomo", "other"):
        write_tiny_set(folder / "data", name=name, spaces=["conv-26", "conv-44"])
    return _run(folder)


def _run(folder: Path, *more: str) -> Path:
    data, results, lines = folder / "data", folder / "results", folder / "lines"
    asked = ["--data", str(data), "--results", str(results), "--per-query", str(lines)]
    assert main([*asked, "--model", "hashing", *more]) == 0
    return folder


def _result(folder: Path, name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((folder / "results" / f"{name}.json").read_bytes())
    return result


def test_a_set_is_measured_from_its_files_to_its_figures(measured: Path) -> None:
    """Every question shares a rare word with the turn that answers it, so all legs find it."""
    result = _result(measured, "other")

    assert result["data"]["entries"] == 8
    assert result["data"]["with_gold"] == 8
    assert result["remembered"] == {"created": 8}
    assert list(result["systems"]) == ["lexical", "dense", "hybrid"]
    for groups in result["systems"].values():
        assert list(groups) == ["untouched"]
        assert groups["untouched"]["questions"] == 8
        certain = {"mean": 1.0, "low": 1.0, "high": 1.0}
        assert groups["untouched"]["measures"]["recall_at_5"] == certain
    assert sum(result["endings"]["evidence"].values()) == 8
    assert sum(result["endings"]["evidence_without_gold"].values()) == 2


def test_what_was_tuned_on_stands_beside_what_was_not(measured: Path) -> None:
    result = _result(measured, "locomo")

    groups = result["systems"]["hybrid"]
    assert {name: group["questions"] for name, group in groups.items()} == {
        "tuned on": 4,
        "untouched": 4,
        "all": 8,
    }
    assert list(result["categories"]["untouched"]) == ["person", "place", "thing", "time"]
    assert list(result["cut"]) == list(groups) == list(result["differences"]["hybrid - dense"])


def test_sets_over_the_same_entries_are_remembered_once(measured: Path) -> None:
    first, second = (_result(measured, name)["seconds"]["remember"] for name in ("locomo", "other"))

    assert first == second


def test_every_manner_is_timed(measured: Path) -> None:
    seconds = _result(measured, "other")["seconds"]

    manners = ["remember", "lexical", "dense", "hybrid", "adaptive", *CUT_POINTS]
    assert list(seconds) == manners


def test_a_result_names_neither_folder_nor_host(measured: Path) -> None:
    result = json.dumps(_result(measured, "other"))

    assert str(measured) not in result
    assert "/" not in result


def test_every_question_has_a_line_with_its_answer(measured: Path) -> None:
    lines = {row.id: row for row in read_rows(measured / "lines" / "other.jsonl")}

    assert len(lines) == 10
    asked = lines["conv-26/q1"]
    assert asked.first[0] == asked.hits[0] == "conv-26/t1"
    assert asked.measures["ndcg_10"] == 1.0
    assert asked.tokens > 0
    assert lines["conv-26/q5"].gold == 0
    assert lines["conv-26/q5"].measures == {}


def test_for_tuning_nothing_else_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_set(tmp_path / "data", name="locomo", spaces=["conv-26", "conv-44"])
    write_tiny_set(tmp_path / "data", name="other")

    result = _result(_run(tmp_path, "--tuning", "--json"), "locomo")

    assert list(result["systems"]["hybrid"]) == ["tuned on"]
    assert result["data"]["entries"] == 4
    assert not (tmp_path / "results" / "other.json").exists()
    assert json.loads(capsys.readouterr().out)["set"] == "locomo"


def test_the_table_says_what_the_result_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_set(tmp_path / "data")
    result = _result(_run(tmp_path), "tiny")

    printed = capsys.readouterr().out
    mean = result["systems"]["hybrid"]["untouched"]["measures"]["ndcg_10"]["mean"]
    assert f"{100 * mean:.1f}" in printed
    assert "| hybrid | untouched (8) |" in printed


def test_a_report_has_every_set_in_its_overview_and_by_itself(measured: Path) -> None:
    page = "<!-- results: quality -->\n<!-- end -->\n"

    written = with_tables(page, read_results(measured / "results"))

    for part in ("tuned on", "untouched", "all"):
        assert f"| locomo | {part} |" in written
    assert written.count("| other | untouched | 8 |") == 1
    assert written.count("<details>") == 2
    assert with_tables(written, read_results(measured / "results")) == written


def test_a_folder_without_a_set_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path), "--model", "hashing"]) == 2
    assert "no set" in capsys.readouterr().err
