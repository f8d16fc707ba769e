"""The evidence benchmark over tiny sets: it runs the product and says what it measured."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.asking_evidence import ALL, NEAR, measure
from benchmarks.evidence import main
from benchmarks.evidence_scoring import score_evidence
from benchmarks.parts import read_parts
from memory_service.model.recall import Evidence, EvidenceLevel
from tests.support.engines import a_bench
from tests.support.evaluation_set import write_tiny_set

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = ["gold removed", "names swapped", "cross-paired", "foreign"]


def _write_other_set(folder: Path, *, name: str = "other") -> Path:
    """A set with other ids."""
    written = write_tiny_set(folder, name=name)
    for file in written.iterdir():
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("talk-", f"{name}-"), encoding="utf-8")
    return written


def _run(data: Path, results: Path, *arguments: str) -> int:
    shared = ["--data", str(data), "--results", str(results), "--model", "hashing"]
    return main([*shared, *arguments])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What a run wrote and what it printed."""

    result: dict[str, Any]
    printed: str


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> _Run:
    """One run over a tiny set beside another, with both models."""
    folder, printed = tmp_path_factory.mktemp("evidence"), StringIO()
    write_tiny_set(folder / "data")
    _write_other_set(folder / "data")
    with redirect_stdout(printed):
        code = _run(folder / "data", folder / "results", "--report", "--set", "tiny", "--tilted")
    assert code == 0
    written = (folder / "results" / "evidence-tiny.json").read_bytes()
    return _Run(result=json.loads(written), printed=printed.getvalue())


def _evidence(*probabilities: float) -> list[Evidence]:
    return [
        Evidence(level=EvidenceLevel.WEAK, probability=one, calibration="generic")
        for one in probabilities
    ]


def test_every_kind_is_measured_apart_and_together(run: _Run) -> None:
    part = run.result["parts"]["untouched"]

    counts = {name: group["judged"]["questions"] for name, group in part["groups"].items()}
    assert part["answerable"]["questions"] == 8
    assert counts == dict.fromkeys(_KINDS, 8) | {NEAR: 16, ALL: 32}
    for group in part["groups"].values():
        assert sum(group["judged"]["levels"].values()) == group["judged"]["questions"]
        assert 0.0 <= group["auroc"]["low"] <= group["auroc"]["high"] <= 1.0
        assert sum(one["share"] for one in group["reliability"]) == pytest.approx(1.0, abs=0.01)


def test_a_set_over_the_same_entries_is_not_foreign(tmp_path: Path) -> None:
    tiny = read_parts(write_tiny_set(tmp_path), report=True)
    twin = read_parts(write_tiny_set(tmp_path, name="twin"), report=True)
    other = read_parts(_write_other_set(tmp_path), report=True)

    assert tiny.unlike([twin, other]) == [other]


def test_copies_are_gone_when_all_is_asked(tmp_path: Path) -> None:
    parted, bench = read_parts(write_tiny_set(tmp_path), report=True), a_bench()

    measured = measure(bench.engine, parted, [], seed=0, ranking=False)

    assert [space.name for space in bench.engine.namespaces()] == ["talk-0", "talk-1"]
    assert "foreign" not in measured.parts["untouched"].groups
    assert measured.ndcg == {}


def test_the_tilted_model_is_measured_on_the_same_questions(run: _Run) -> None:
    tilted = run.result["tilted"]

    ranking = tilted["ndcg_10"]["untouched"]
    assert tilted["model"]["identity"]["name"] == "hashing-tilted"
    assert tilted["parts"]["untouched"]["groups"].keys() == (
        run.result["parts"]["untouched"]["groups"].keys()
    )
    assert ranking["tilted - plain"]["mean"] == pytest.approx(
        ranking["tilted"]["mean"] - ranking["plain"]["mean"], abs=1e-3
    )


def test_the_tables_say_what_the_result_says(run: _Run) -> None:
    area = run.result["parts"]["untouched"]["groups"]["gold removed"]["auroc"]["mean"]
    ranking = run.result["tilted"]["ndcg_10"]["untouched"]

    row = next(line for line in run.printed.splitlines() if "untouched: gold removed |" in line)
    assert row.startswith("| untouched: gold removed | 8 |")
    assert f" {area:.3f} (" in row
    assert f"| untouched | {100 * ranking['plain']['mean']:.1f} (" in run.printed
    assert "hashing-tilted" in run.printed


def test_a_result_names_no_folder(run: _Run) -> None:
    assert "/" not in json.dumps(run.result)


def test_what_is_for_reporting_is_not_read_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = write_tiny_set(tmp_path)
    (broken / "corpus.jsonl").write_text("not to be read", encoding="utf-8")

    assert _run(tmp_path, tmp_path / "results") == 2
    assert "--report" in capsys.readouterr().err


def test_only_the_conversations_for_tuning_are_held_unasked(tmp_path: Path) -> None:
    """A set called as the one that is split, of which none of the conversations is for tuning."""
    folder = write_tiny_set(tmp_path, name="locomo")
    for file in folder.iterdir():
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("talk-1", "conv-30"), encoding="utf-8")

    tuning, whole = read_parts(folder, report=False), read_parts(folder, report=True)

    assert set(tuning.dataset.by_namespace()) == {"conv-30"}
    assert {asked.namespace for asked in tuning.dataset.questions} == {"conv-30"}
    assert [part.value for part in tuning.parts] == ["tuned on"]
    assert [part.value for part in whole.parts] == ["tuned on", "untouched"]


def test_a_set_that_is_not_there_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_set(tmp_path)

    assert _run(tmp_path, tmp_path / "results", "--report", "--set", "nowhere") == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_false_premise_is_shown_but_in_no_group() -> None:
    figures = score_evidence(
        _evidence(0.9, 0.7), {"a kind": _evidence(0.1), "empty": []}, _evidence(0.8), seed=0
    )

    assert list(figures.groups) == ["a kind"]
    assert figures.false_premise is not None
    assert figures.false_premise.mean_probability == 0.8
    assert figures.threshold == 0.7
    assert figures.groups["a kind"].auroc.mean == 1.0
    assert figures.groups["a kind"].answerable_share == pytest.approx(2 / 3)
    # Of equal weight: 0.7 and 0.9 for what is so, 0.1 for what is not.
    assert figures.groups["a kind"].calibration_error == pytest.approx(0.15)
    assert figures.groups["a kind"].calibration_error_by_count == pytest.approx(0.5 / 3)


def test_without_an_answerable_question_there_is_nothing_to_compare_with() -> None:
    with pytest.raises(ValueError, match="answerable"):
        score_evidence([], {}, [], seed=0)
