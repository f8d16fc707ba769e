"""Result files: small JSON that says what was measured, on what, with what.

    {"benchmark": "quality", "set": "…", "run": {…}, "model": {…}, …figures…}

They live in `benchmarks/results`, one file for each benchmark and set, and are what
`benchmarks.report` makes its tables from.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import Code, Machine, describe_code, describe_machine
from memory_service.settings import all_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.datasets import Dataset
    from memory_service.engine.requests import ModelStatus
    from memory_service.settings import Settings

#: Where results are kept.
RESULTS = Path(__file__).parent / "results"
_NUMBERS = re.compile(r"\{\s*((?:\"\w+\": [-\d.e]+,?\s*)+)\}")
_DIGITS = 4
#: Settings that move no figure, or that a result says in other words.
_LEFT_OUT = frozenset({"host", "port", "model", "allow_download", "hub_probe_seconds", "log_level"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """When, on what machine and with what code something was measured."""

    at: str
    seed: int
    machine: Machine
    code: Code


def describe_run(*, seed: int, now: datetime) -> Run:
    """This run."""
    return Run(
        at=now.astimezone(UTC).isoformat(timespec="seconds"),
        seed=seed,
        machine=describe_machine(),
        code=describe_code(),
    )


def describe_model(status: ModelStatus) -> dict[str, Any]:
    """What embedded, without where on this machine it lies."""
    identity = asdict(status.identity) if status.identity else None
    return {"identity": identity, "state": status.state.value}


def describe_settings(settings: Settings) -> dict[str, Any]:
    """The settings that can move a figure; no folder."""
    values = {setting.key: getattr(settings, setting.key) for setting in all_settings()}
    return {
        key: value
        for key, value in values.items()
        if key not in _LEFT_OUT and isinstance(value, (str, int, float))
    }


def describe_data(dataset: Dataset) -> dict[str, Any]:
    """The set: how much of what, and the hash of its files."""
    return {
        "sha256": dataset.sha256,
        "entries": len(dataset.entries),
        "namespaces": len(dataset.by_namespace()),
        "questions": len(dataset.questions),
        "with_gold": sum(bool(asked.gold) for asked in dataset.questions),
    }


def write_result(file: Path, result: Mapping[str, Any]) -> None:
    """Write a result so that its lines differ only where its figures do."""
    text = json.dumps(_rounded(result), indent=1, ensure_ascii=False)
    compact = _NUMBERS.sub(lambda match: "{" + " ".join(match.group(1).split()) + "}", text)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(compact + "\n", encoding="utf-8")


def read_results(folder: Path) -> list[dict[str, Any]]:
    """Every result in the folder, by file name."""
    return [json.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))]


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(inner) for inner in value]
    return value
