"""Laws of remember, recall, forget, get, list, sessions, namespaces and status."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx2
import pytest

from memory_service.cli.answers import CUT_WORDS, DEGRADED_WORDS, EVIDENCE_WORDS
from memory_service.engine.answering import RECENT_ONLY
from memory_service.engine.query_vectors import DEADLINE, EMBEDDER_FAILED, MODEL_MISSING
from memory_service.engine.recalling import NO_TERMS, PENDING
from memory_service.model.recall import CutReason, EvidenceLevel

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.engine.engine import MemoryEngine
    from tests.support.command_line import CommandLine, Ended

LAUNCH = "We moved the launch to the second of June."


def remembered(cli: CommandLine, *ids: str) -> None:
    for number, id in enumerate(ids):
        ended = cli("remember", f"entry {number}: {LAUNCH}", "--id", id)
        assert ended.code == 0, ended.err


def one_line(ended: Ended) -> str:
    """What a failing command said: a single line, and no traceback."""
    assert ended.err.count("\n") == 1
    return ended.err


def test_every_field_of_an_entry_can_be_given(cli: CommandLine) -> None:
    fields = {
        "id": "conv-26/D1:1", "summary": "the launch", "kind": "fact", "scope": "team/launch",
        "session": "standup", "turn": "4", "speaker": "Ann", "source": "slack",
        "event-time": "2024-05-20T09:30:00+02:00", "expires-at": "2999-01-01T00:00:00+00:00",
    }  # fmt: skip
    options = [word for name, value in fields.items() for word in (f"--{name}", value)]
    more = ["--tag", "a", "--tag", "b", "--metadata", "n=3", "--metadata", "who=Ann"]

    ended = cli("remember", LAUNCH, *options, *more, "--metadata", "id=0012")
    entry = json.loads(cli("get", "conv-26/D1:1", "--json").out)

    assert (ended.code, ended.out) == (0, "created: conv-26/D1:1\n")
    assert entry["text"] == LAUNCH
    assert entry["tags"] == ["a", "b"]
    assert entry["metadata"] == {"n": 3, "who": "Ann", "id": "0012"}
    given = {name.replace("-", "_"): value for name, value in fields.items()}
    assert {name: str(entry[name]) for name in given} == given


@pytest.mark.parametrize("argument", [[], ["-"]])
def test_a_text_comes_from_standard_input_when_none_is_given(
    cli: CommandLine, argument: list[str]
) -> None:
    cli("remember", *argument, "--id", "a", stdin="两行\nof text\n".encode())

    assert json.loads(cli("get", "a", "--json").out)["text"] == "两行\nof text"


def test_a_recall_prints_score_reason_evidence_and_the_cut(cli: CommandLine) -> None:
    cli("remember", LAUNCH, "--id", "trip-1", "--speaker", "Ann", "--event-time", "2024-05-20")

    ended = cli("recall", "when", "is", "the", "launch?")

    assert ended.code == 0
    for part in (LAUNCH, "Ann", "2024-05-20", "trip-1", "holds “launch”", "probability"):
        assert part in ended.out


def test_a_recall_without_evidence_says_so_and_is_no_failure(cli: CommandLine) -> None:
    remembered(cli, "a")

    ended = cli("recall", "zebra quantum chromodynamics")

    assert ended.code == 0
    assert ended.out.startswith("Nothing relevant is remembered")
    assert "The nearest entries:" in ended.out


def test_every_reason_of_a_cut_and_every_level_of_evidence_has_words() -> None:
    assert set(CUT_WORDS) == {reason.value for reason in CutReason}
    assert set(EVIDENCE_WORDS) == {level.value for level in EvidenceLevel}


def test_every_reason_of_the_engine_for_a_missing_part_has_words() -> None:
    given = {MODEL_MISSING, EMBEDDER_FAILED, DEADLINE, PENDING, NO_TERMS, RECENT_ONLY}

    assert given == set(DEGRADED_WORDS)


def test_json_is_one_document_with_the_whole_answer(cli: CommandLine) -> None:
    remembered(cli, "a", "b")

    answer = json.loads(cli("recall", "launch", "--json", "--limit", "1", "--cut", "off").out)

    assert [hit["rank"] for hit in answer["hits"]] == [1]
    assert answer["cut"]["reason"] == "off"


def test_a_stored_escape_sequence_does_not_reach_the_terminal(cli: CommandLine) -> None:
    cli("remember", "--id", "a", stdin=b"launch \x1b[2J\xc2\x9b1m \xe2\x80\xaebackwards")

    for command in (["recall", "launch"], ["get", "a"], ["list"]):
        printed = cli(*command).out
        assert "launch" in printed
        assert not {"\x1b", "\x9b", "\u202e"} & set(printed)


def test_text_that_looks_like_markup_is_printed_as_it_is(cli: CommandLine) -> None:
    cli("remember", "[bold]launch[/bold] [red] :smile:", "--id", "[x]")

    for command in (["recall", "launch"], ["get", "[x]"], ["list"]):
        assert "[bold]launch[/bold] [red] :smile:" in cli(*command).out


def test_forgetting_names_what_is_missing_and_forgets_the_rest(cli: CommandLine) -> None:
    remembered(cli, "a", "b")

    ended = cli("forget", "a", "nope", "b")

    assert ended.code == 1
    assert ended.out == "forgotten: a\nforgotten: b\n"
    assert "nope" in ended.err
    assert cli("list").out == "There are no entries here.\n"


def test_forgetting_by_filter_asks_first_and_a_dry_run_changes_nothing(cli: CommandLine) -> None:
    remembered(cli, "a", "b")
    command = ["forget", "--filter", '{"id": {"in": ["a", "b"]}}']

    dry = cli(*command, "--dry-run")
    declined = cli(*command, stdin=b"n\n")
    unanswered = cli(*command)
    kept = json.loads(cli("list", "--json").out)["entries"]
    agreed = cli(*command, stdin=b"y\n")

    assert "2 entries match, 0 forgotten" in dry.out
    assert (declined.code, unanswered.code, len(kept)) == (1, 1, 2)
    assert "2 entries match, 2 forgotten" in agreed.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["forget"], ["forget", "a", "--filter", "{}"], ["forget", "a", "--dry-run"],
        ["forget", "--filter", "{"], ["forget", "--filter", "[]"],
        ["remember", "x", "--metadata", "novalue"], ["recall", "x", "--json", "--prompt"],
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_exit_code_2(
    offline: CommandLine, arguments: list[str]
) -> None:
    ended = offline(*arguments)

    assert ended.code == 2
    assert one_line(ended).startswith("memory-service: ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["get", "nope"], "entry_not_found"),
        (["recall", "x", "-n", "nowhere"], "namespace_not_found"),
        (["recall", "x", "-n", "no space"], "invalid_namespace"),
        (["remember", " "], "blank_text"),
        (["list", "--filter", '{"spaeker": "Ann"}'], "invalid_filter"),
        (["list", "--cursor", "changed"], "invalid_cursor"),
    ],
)
def test_a_refusal_is_one_line_with_its_code_and_exit_code_1(
    cli: CommandLine, arguments: list[str], code: str
) -> None:
    remembered(cli, "a")

    ended = cli(*arguments)

    assert ended.code == 1
    assert f"({code})" in one_line(ended)


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


def test_an_unreachable_daemon_is_exit_code_3_and_the_line_says_how_to_start_one(
    cli: CommandLine,
) -> None:
    def refuse(request: httpx2.Request) -> None:
        raise httpx2.ConnectError("refused", request=request)

    cli.before = refuse

    ended = cli("status")

    assert ended.code == 3
    assert "`memory-service serve`" in one_line(ended)


def test_a_refused_key_says_where_the_key_is(cli: CommandLine, tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("not-the-key")

    ended = cli("status", "--key-file", str(key_file))

    assert ended.code == 1
    assert "access.key" in one_line(ended)


def test_a_fault_of_ours_is_one_line_without_its_text_and_debug_shows_where(
    cli: CommandLine,
) -> None:
    def fail(_: httpx2.Request) -> None:
        raise ZeroDivisionError("secret text")

    cli.before = fail

    plain = cli("status")
    cli.environ = {**cli.environ, "MEMORY_SERVICE_LOG_LEVEL": "debug"}
    debug = cli("status")

    assert "ZeroDivisionError" in one_line(plain)
    assert "secret text" not in plain.err
    assert "Traceback" in debug.err


def test_interrupting_ends_with_130(cli: CommandLine) -> None:
    def interrupt(_: httpx2.Request) -> None:
        raise KeyboardInterrupt

    cli.before = interrupt

    assert cli("status").code == 130
