"""`bench-recall` and `bench-scale` from end to end, tiny and with the hashing embedder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import recall, scale

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


def _result(folder: Path, name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((folder / name).read_bytes())
    return result


@pytest.mark.long
def test_a_recall_is_measured_over_a_copy_of_a_kept_store(tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    keep.mkdir()
    arguments = "--sizes 200 --dimensions 16 --model hashing --questions 20 --seconds 1"
    options = [*arguments.split(), "--results", str(tmp_path), "--keep", str(keep)]

    code = recall.main([*options, "--only", "loads,filters,writes"])

    result = _result(tmp_path, "recall-200.json")
    assert code in {0, 1}
    assert [store.name for store in keep.iterdir()] == ["store-200-in-1-and-1000x16"]
    assert result["loads"]["closed"]["recalls"] == 20
    assert result["filters"]["none"]["ratio"] == 1.0
    assert result["writes"]["a_write"]["median"] > 0
    assert [must["limit"] for must in result["musts"]] == [1.5]


def test_the_exact_answer_is_found_in_a_small_store(tmp_path: Path) -> None:
    arguments = "--sizes 300 --dimensions 16 --model hashing --only found --found-questions 5"

    code = recall.main([*arguments.split(), "--results", str(tmp_path)])

    found = _result(tmp_path, "recall-300.json")["found"]
    assert code == 0
    assert len(found) == 9
    assert set(found.values()) == {1.0}


@pytest.mark.long
def test_a_store_is_measured_in_all_its_parts(tmp_path: Path) -> None:
    arguments = "--sizes 200 --namespaces 20 --dimensions 16 --model hashing --tail 50"

    code = scale.main([*arguments.split(), "--questions", "20", "--results", str(tmp_path)])

    result = _result(tmp_path, "scale-200-in-20.json")
    assert code == 0
    assert result["start_after_kill"]["tail"] == 50
    assert result["start_after_kill"]["lost"] == 0
    assert result["start"]["first_answer"] > result["start"]["ready"] > 0
    assert result["memory"]["anonymous"] > 0
    assert _result(tmp_path, "scale-idle.json")["model"]["identity"]["name"] == "hashing"
