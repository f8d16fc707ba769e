"""Laws of list, get, sessions, namespaces and status."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support.command_line import LAUNCH, remembered

if TYPE_CHECKING:
    import pytest

    from memory_service.engine.engine import MemoryEngine
    from tests.support.command_line import CommandLine


def test_pages_follow_one_another(cli: CommandLine) -> None:
    remembered(cli, "a", "b", "c")

    first = json.loads(cli("list", "--limit", "2", "--json").out)
    second = cli("list", "--limit", "2", "--cursor", first["next_cursor"], "--json").out

    assert [entry["id"] for entry in first["entries"]] == ["a", "b"]
    assert [entry["id"] for entry in json.loads(second)["entries"]] == ["c"]


def test_a_session_is_listed_and_its_turns_come_in_order(cli: CommandLine) -> None:
    for id, turn in (("late", "2"), ("early", "1")):
        cli("remember", LAUNCH, "--id", id, "--session", "standup", "--turn", turn)

    sessions = json.loads(cli("sessions", "--json").out)["sessions"]
    turns = json.loads(cli("sessions", "standup", "--json").out)["entries"]

    assert [(one["session"], one["entries"]) for one in sessions] == [("standup", 2)]
    assert [entry["id"] for entry in turns] == ["early", "late"]


def test_neighbours_surround_an_entry(cli: CommandLine) -> None:
    for turn in ("1", "2", "3"):
        cli("remember", LAUNCH, "--id", f"t{turn}", "--session", "s", "--turn", turn)

    entry = json.loads(cli("get", "t2", "--neighbours", "1", "--json").out)

    assert entry["id"] == "t2"
    assert [one["id"] for one in entry["before"] + entry["after"]] == ["t1", "t3"]


def test_namespaces_are_created_listed_and_dropped(cli: CommandLine) -> None:
    cli("namespaces", "create", "german", "--language", "german")
    cli("remember", LAUNCH, "-n", "german")

    listed = json.loads(cli("namespaces", "--json").out)["namespaces"]
    declined = cli("namespaces", "drop", "german", stdin=b"\n")
    dropped = cli("namespaces", "drop", "german", "--yes")

    assert listed == [
        {"name": "german", "entries": 1, "pending": 0, "settings": {"language": "german"}}
    ]
    assert (declined.code, dropped.out) == (1, "Dropped german with 1 entry.\n")
    assert "no namespaces" in cli("namespaces", "list").out


def test_status_names_the_model_and_the_numbers(cli: CommandLine) -> None:
    remembered(cli, "a")

    printed = cli("status").out
    status = json.loads(cli("status", "--json").out)

    assert "hashing (64 dimensions, tests)" in printed
    assert (status["entries"], status["model"]["state"]) == (1, "ready")


def test_status_names_background_work_that_fails(
    cli: CommandLine, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = replace(engine.status(), background_error="upkeep: StorageError")
    monkeypatch.setattr(engine, "status", lambda: failing)

    printed = cli("status").out
    status = json.loads(cli("status", "--json").out)

    assert "upkeep: StorageError" in printed
    assert status["background_error"] == "upkeep: StorageError"
