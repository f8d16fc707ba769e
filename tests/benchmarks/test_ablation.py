"""The ablation over tiny sets: every variant ranks what is for tuning, and no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.ablation import main
from benchmarks.fusions import RULES
from benchmarks.report import with_tables
from benchmarks.results import read_results
from benchmarks.variants import VARIANTS
from tests.support.evaluation_set import write_tiny_set

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def _run(folder: Path, *more: str) -> int:
    results = folder / "results"
    asked = ["--data", str(folder / "data"), "--results", str(results), "--model", "hashing"]
    return main([*asked, *more])


def _two_conversations(folder: Path) -> None:
    write_tiny_set(folder / "data", name="locomo", spaces=["conv-26", "conv-44"])


def test_every_variant_is_compared_with_the_default(tmp_path: Path) -> None:
    _two_conversations(tmp_path)

    assert _run(tmp_path) == 0

    result = json.loads((tmp_path / "results" / "ablation-locomo.json").read_bytes())
    assert result["part"] == "tuned on"
    assert result["data"]["namespaces"] == 1
    assert set(VARIANTS) | {f"rule: {name}" for name in RULES} == set(result["variants"])
    default = result["variants"]["default"]
    assert default["questions"] == 4
    assert default["difference"]["ndcg_10"] == {"mean": 0.0, "low": 0.0, "high": 0.0}


def test_a_report_has_a_row_for_every_variant(tmp_path: Path) -> None:
    _two_conversations(tmp_path)
    _run(tmp_path)

    written = with_tables(
        "<!-- results: ablation -->\n<!-- end -->\n", read_results(tmp_path / "results")
    )

    assert "4 questions with an answer that are tuned on" in written
    for name in VARIANTS.keys() - {"default"}:
        assert f"\n| {name} |" in written


def test_the_rest_is_asked_for_a_report_alone(tmp_path: Path) -> None:
    _two_conversations(tmp_path)

    assert _run(tmp_path, "--report") == 0

    (file,) = (tmp_path / "results").iterdir()
    assert file.name == "ablation-locomo-untouched.json"
    assert json.loads(file.read_bytes())["part"] == "untouched"


def test_some_variants_are_shown_and_nothing_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _two_conversations(tmp_path)
    variant = list(VARIANTS)[-1]

    assert _run(tmp_path, "--variant", variant) == 0

    assert not (tmp_path / "results").exists()
    printed = capsys.readouterr().out
    assert f"| {variant} |" in printed
    assert "no speaker" not in printed


def test_a_set_without_such_questions_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_set(tmp_path / "data")

    assert _run(tmp_path) == 2
    assert "--report" in capsys.readouterr().err


def test_a_variant_that_is_not_there_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _two_conversations(tmp_path)

    assert _run(tmp_path, "--variant", "no magic") == 2
    assert "default" in capsys.readouterr().err
