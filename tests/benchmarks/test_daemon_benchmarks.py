"""The benchmarks that start daemons, over a tiny set and the hashing embedder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import demo, ingest, latency
from tests.support.evaluation_set import write_tiny_set

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

pytestmark = pytest.mark.process


def _run(main: Callable[[Sequence[str]], int], folder: Path, *more: str) -> int:
    data = write_tiny_set(folder)
    arguments = ["--data", str(data), "--results", str(folder / "results"), "--model", "hashing"]
    return main([*arguments, *more])


def _result(folder: Path, name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((folder / "results" / name).read_bytes())
    return result


@pytest.mark.long
def test_an_import_survives_a_restart_and_a_kill(tmp_path: Path) -> None:
    code = _run(ingest.main, tmp_path, "--kills", "1", "--questions", "6")

    result = _result(tmp_path, "ingest-tiny.json")
    assert code == 0
    assert result["restart"]["same"] == result["restart"]["questions"] == 5
    assert result["restart"]["embedded_again"] == 0
    assert [trial["lost"] for trial in result["kills"]] == [0]


def test_latency_has_every_part_of_a_recall(tmp_path: Path) -> None:
    code = _run(latency.main, tmp_path, "--questions", "2", "--one-namespace")

    result = _result(tmp_path, "latency-tiny-in-one-namespace.json")
    whole, stage = (
        result["milliseconds"][name]["median"]
        for name in ("recall over HTTP", "its embed stage, in the daemon")
    )
    assert code == 0
    assert result["data"]["namespaces"] == 1
    assert whole > stage > 0


@pytest.mark.model
def test_the_demo_answers_every_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main([]) == 0

    printed = capsys.readouterr().out
    assert "8 of 8 questions" in printed
    assert "1 of 1" in printed
    assert max(map(len, printed.splitlines())) <= 80
