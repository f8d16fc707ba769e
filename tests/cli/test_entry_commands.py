"""Laws of remember, recall and forget."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from memory_service.cli.answers import CUT_WORDS, DEGRADED_WORDS, EVIDENCE_WORDS
from memory_service.engine.answering import RECENT_ONLY
from memory_service.engine.damage import DAMAGED
from memory_service.engine.query_vectors import DEADLINE, EMBEDDER_FAILED, MODEL_MISSING
from memory_service.engine.recalling import NO_TERMS, PENDING
from memory_service.engine.reranking import RERANKER_DEADLINE, RERANKER_FAILED
from memory_service.model.recall import CutReason, EvidenceLevel
from tests.support.command_line import LAUNCH, remembered

if TYPE_CHECKING:
    from tests.support.command_line import CommandLine


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


def a_conversation(cli: CommandLine) -> None:
    for turn, text in enumerate(["Where?", "In the harbour hall.", "in the HARBOUR hall", "Good."]):
        place = ["--session", "s", "--turn", str(turn), "--speaker", "Ann"]
        assert cli("remember", text, "--id", f"s-{turn}", *place).code == 0


def test_a_recall_shows_context_and_what_says_the_same(cli: CommandLine) -> None:
    a_conversation(cli)

    printed = cli("recall", "harbour", "hall", "-k", "1", "--cut", "off", "--context", "2").out

    lines = [line.strip() for line in printed.splitlines()]
    assert lines[1].endswith("~ Ann: Where?")
    assert lines[2].endswith("in the HARBOUR hall")
    assert lines[3] == "~ Ann: Good."
    assert "The same is said by s-1." in lines


def test_a_recall_shows_no_more_than_it_was_asked_for(cli: CommandLine) -> None:
    a_conversation(cli)

    printed = cli("recall", "harbour", "hall", "--no-collapse", "--now", "2024-05-20").out

    assert "~" not in printed
    assert "The same is said" not in printed
    assert "In the harbour hall." in printed
    assert "in the HARBOUR hall" in printed


def test_many_duplicates_are_counted(cli: CommandLine) -> None:
    for number in range(8):
        cli("remember", "In the harbour hall.", "--id", f"d{number}")

    assert "d6, d5, d4, d3, d2 and 2 more." in cli("recall", "harbour hall").out


def test_a_time_that_is_none_is_refused(cli: CommandLine) -> None:
    remembered(cli, "a")

    ended = cli("recall", "launch", "--now", "someday")

    assert ended.code == 1
    assert "/now" in ended.err or "now" in ended.err


def test_every_reason_of_a_cut_and_every_level_of_evidence_has_words() -> None:
    assert set(CUT_WORDS) == {reason.value for reason in CutReason}
    assert set(EVIDENCE_WORDS) == {level.value for level in EvidenceLevel}


def test_every_reason_of_the_engine_for_a_missing_part_has_words() -> None:
    given = {MODEL_MISSING, EMBEDDER_FAILED, DEADLINE, PENDING, NO_TERMS, RECENT_ONLY}
    given |= {RERANKER_DEADLINE, RERANKER_FAILED, DAMAGED}

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
