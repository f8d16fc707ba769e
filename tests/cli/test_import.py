"""Laws of import."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.support.exports import lines, some, stored

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command_line import CommandLine


def test_importing_twice_stores_once_even_without_ids(cli: CommandLine, tmp_path: Path) -> None:
    """Two equal lines of one file are two entries, for people do say the same thing twice."""
    file = tmp_path / "in.jsonl"
    file.write_text(lines({"text": "same"}, {"text": "same"}, {"text": "other"}))

    first = cli("import", str(file), "--json")
    second = cli("import", str(file), "--json")

    assert json.loads(first.out)["outcomes"] == {"created": 3}
    assert json.loads(second.out)["outcomes"] == {"duplicate": 3}
    assert len(stored(cli)) == 3


def test_what_was_forgotten_comes_back_with_a_second_import(
    cli: CommandLine, tmp_path: Path
) -> None:
    """No idempotency key of an earlier run stands in the way."""
    file = tmp_path / "in.jsonl"
    file.write_text(lines(*some(3)))
    cli("import", str(file))
    cli("forget", "e1")

    ended = cli("import", str(file), "--json")

    assert json.loads(ended.out)["outcomes"] == {"duplicate": 2, "created": 1}


def test_a_malformed_line_is_named_and_the_lines_before_it_are_stored(
    cli: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "in.jsonl"
    good = lines(*some(10))
    file.write_text(good + '{"text": \n' + lines({"text": "after"}))

    stopped = cli("import", str(file))
    before = stored(cli)
    file.write_text(good + lines({"id": "mended", "text": "x"}, {"id": "after", "text": "y"}))
    continued = cli("import", str(file), "--continue", "--json")

    assert stopped.code == 1
    assert "Line 11 is not JSON" in stopped.err
    assert "--continue" in stopped.err
    assert before == some(10)
    assert json.loads(continued.out)["outcomes"] == {"created": 2}
    assert [entry["id"] for entry in stored(cli)][-2:] == ["mended", "after"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "has no text"),
        ('{"text": 3}', "has no text"),
        ('{"text": "x", "trun": 1}', "perhaps it means turn"),
        ('{"text": "x", "text": "y"}', "names a key twice"),
        ('{"text": "x", "metadata": {"n": NaN}}', "NaN"),
        ('{"text": "x", "metadata": {"n": 1e999}}', "smaller"),
        ('{"text": "x", "turn": 99999999999999999999}', "64 bits"),
        ('{"text": "x", "metadata": ' + "[" * 70 + "]" * 70 + "}", "64 deep"),
        ('{"text": "\\ud800"}', "surrogate"),
        ('{"text": "' + "x" * (1 << 20) + '"}', "is longer than"),
        ("[" * 100_000, "64 deep"),
        ('{"text": "x", "turn": "first"}', "turn: "),
        ('{"format": "memory-service-export", "version": 1}', "field"),
    ],
)
def test_every_kind_of_malformed_line_is_named_by_its_number(
    cli: CommandLine, tmp_path: Path, line: str, said: str
) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(lines(*some(2)) + "\n" + line + "\n" + lines({"text": "after"}))

    ended = cli("import", str(file), width=1000)

    assert ended.code == 1
    assert "Line 4" in ended.err
    assert said in ended.err
    assert "(malformed_line)" in ended.err
    assert stored(cli) == some(2)


def test_a_refused_entry_is_named_by_its_line_and_the_others_are_stored(
    cli: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(
        lines({"id": "a", "text": "x"}, {"id": "b", "text": " "}, {"id": "c", "text": "z"})
    )
    cli("remember", "other content", "--id", "c")

    ended = cli("import", str(file), "--json")
    replaced = cli("import", str(file), "--on-conflict", "replace", "--json")

    report = json.loads(ended.out)
    assert ended.code == 1
    assert [(one["line"], one["code"]) for one in report["rejected"]] == [
        (2, "blank_text"),
        (3, "id_taken"),
    ]
    assert json.loads(replaced.out)["outcomes"] == {"duplicate": 1, "rejected": 1, "replaced": 1}


def test_an_import_cut_off_by_the_network_takes_up_after_the_last_stored_batch(
    cli: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(lines(*some(150)))
    sent: list[str] = []

    def lose_the_second_batch(request: httpx2.Request) -> None:
        if request.method == "POST":
            sent.append(request.url.path)
        if len(sent) == 2:
            raise httpx2.ConnectError("gone", request=request)

    cli.before = lose_the_second_batch
    cut = cli("import", str(file))
    cli.before = lambda _: None
    continued = cli("import", str(file), "--continue")

    assert cut.code == 3
    assert "Stopped after line 64." in cut.err
    assert "Taking up after line 64." in continued.err
    assert continued.out == "86 entries into default: 86 created.\n"
    assert stored(cli) == some(150)


def test_taking_up_starts_anew_when_the_file_changed_or_the_namespace_is_gone(
    cli: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(lines(*some(2)) + "broken\n")
    cli("import", str(file))
    file.write_text(lines({"id": "new", "text": "text number 0"}, *some(2)[1:]))

    changed = cli("import", str(file), "--continue", "--json")
    file.write_text(lines(*some(2)) + "broken\n")
    cli("import", str(file))
    cli("namespaces", "drop", "default", "--yes")
    file.write_text(lines(*some(2)))
    dropped = cli("import", str(file), "--continue", "--json")

    assert "starting at the first line" in changed.err
    assert json.loads(changed.out)["outcomes"] == {"created": 1, "duplicate": 1}
    assert "starting at the first line" in dropped.err
    assert json.loads(dropped.out)["outcomes"] == {"created": 2}


def test_a_file_that_is_shorter_than_its_manifest_says_is_reported(
    cli: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "all.jsonl"
    (tmp_path / "in.jsonl").write_text(lines(*some(5)))
    cli("import", str(tmp_path / "in.jsonl"))
    cli("export", str(file))
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-2]))

    ended = cli("import", str(file), "-n", "copy")

    assert ended.code == 1
    assert "promises 5 entries, the file holds 3" in ended.err


def test_a_manifest_of_a_newer_version_is_refused(cli: CommandLine) -> None:
    manifest = lines({"format": "memory-service-export", "version": 2})

    ended = cli("import", "-", stdin=manifest.encode())

    assert ended.code == 1
    assert "too old to read" in ended.err


def test_standard_input_is_imported_with_or_without_a_byte_order_mark(cli: CommandLine) -> None:
    cli("import", "-", stdin=b"\xef\xbb\xbf" + lines(*some(2)).encode())

    assert stored(cli) == some(2)


def test_what_cannot_be_read_or_taken_up_is_wrong_usage(cli: CommandLine, tmp_path: Path) -> None:
    assert cli("import", str(tmp_path / "nope.jsonl")).code == 2
    assert cli("import", "-", "--continue").code == 2


def test_a_bar_is_drawn_on_a_terminal_alone_and_not_with_json(
    cli: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(lines(*some(3)))

    drawn = cli("import", str(file), terminal=True)
    exported = cli("export", terminal=True)
    piped = cli("import", str(file))
    as_json = cli("import", str(file), "--json", terminal=True)

    assert "importing" in drawn.err
    assert "3 entries" in drawn.err
    assert "exporting" in exported.err
    assert "exporting" not in exported.out
    assert (piped.err, as_json.err) == ("", "")
