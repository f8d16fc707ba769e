"""Laws of import and export."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory_service.cli.import_lines import MOST_BYTES, MOST_ENTRIES, LineReader, batches
from memory_service.errors import MalformedLineError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command_line import CommandLine


def lines(*entries: object) -> str:
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


def some(number: int) -> list[dict[str, object]]:
    return [{"id": f"e{one}", "text": f"text number {one}"} for one in range(number)]


def stored(cli: CommandLine, namespace: str = "default") -> list[dict[str, Any]]:
    """The exported entries of a namespace, without the times the daemon decides."""
    exported = cli("export", "-n", namespace).out.splitlines()[1:]
    decided = {"created_at", "updated_at"}
    return [
        {name: value for name, value in json.loads(line).items() if name not in decided}
        for line in exported
    ]


def test_an_export_imported_elsewhere_is_the_same(cli: CommandLine, tmp_path: Path) -> None:
    """Entries, their order and every field an author can give."""
    file = tmp_path / "all.jsonl"
    full = {
        "id": "a/b?c#d%e", "text": " spaces \n新的", "summary": "s", "kind": "fact",
        "scope": "x/y", "tags": ["one", "two"], "metadata": {"n": 1, "f": 1.5, "b": True},
        "session": "s", "turn": 3, "speaker": "Ann", "source": "slack",
        "event_time": "2024-05-20T09:30:00+02:00", "expires_at": "2999-01-01T00:00:00+00:00",
    }  # fmt: skip
    (tmp_path / "in.jsonl").write_text(lines(full, *some(205)))
    cli("import", str(tmp_path / "in.jsonl"))

    exported = cli("export", str(file))
    imported = cli("import", str(file), "-n", "copy")

    assert (exported.code, imported.code) == (0, 0)
    assert stored(cli, "copy") == stored(cli) == [full, *some(205)]
    assert json.loads(file.read_text().splitlines()[0])["entries"] == 206
    assert file.stat().st_mode & 0o077 == 0


def test_an_export_replaces_a_file_only_when_told(cli: CommandLine, tmp_path: Path) -> None:
    cli("remember", "text")
    file = tmp_path / "all.jsonl"
    file.write_text("mine")

    refused = cli("export", str(file))
    untouched = file.read_text()
    forced = cli("export", str(file), "--force", "--json")

    assert (refused.code, untouched) == (2, "mine")
    assert json.loads(forced.out)["entries"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["all.jsonl"]


def test_a_failed_export_leaves_no_file(cli: CommandLine, tmp_path: Path) -> None:
    ended = cli("export", str(tmp_path / "x.jsonl"), "-n", "nowhere")

    assert ended.code == 1
    assert list(tmp_path.iterdir()) == []


def test_an_export_to_nowhere_names_the_file_asked_for(cli: CommandLine, tmp_path: Path) -> None:
    cli("remember", "text")
    target = tmp_path / "missing" / "all.jsonl"

    ended = cli("export", str(target), width=1000)

    assert ended.code == 2
    assert f"{target} cannot be written" in ended.err


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


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(texts, max_size=20), cut=st.integers(0, 20))
def test_reading_from_a_mark_gives_the_lines_after_it(
    tmp_path: Path, texts: list[str], cut: int
) -> None:
    """Numbers, entries and marks are those of reading the file from its start."""
    file = tmp_path / "in.jsonl"
    file.write_bytes("\n".join(lines({"text": text}) for text in texts).encode())
    with file.open("rb") as stream:
        whole = list(LineReader(stream).lines())
    start = whole[cut - 1].after if 0 < cut <= len(whole) else None

    with file.open("rb") as stream:
        rest = list(LineReader(stream, start=start).lines())

    assert rest == (whole[cut:] if start else whole)
    assert [line.entry["text"] for line in whole] == texts


@given(sizes=st.lists(st.integers(1, 100_000), max_size=100))
@settings(max_examples=20)
def test_batches_keep_every_line_and_stay_within_their_limits(sizes: list[int]) -> None:
    raw = lines(*({"text": "x" * size} for size in sizes)).encode()

    found = list(batches(LineReader(io.BytesIO(raw)).lines()))

    assert [line.number for batch in found for line in batch] == list(range(1, len(sizes) + 1))
    assert all(len(batch) <= MOST_ENTRIES for batch in found)
    assert all(len(batch) == 1 or sum(line.size for line in batch) <= MOST_BYTES for batch in found)


def test_the_good_lines_of_a_batch_come_before_the_malformed_one() -> None:
    found = batches(LineReader(io.BytesIO(lines(*some(3)).encode() + b"broken")).lines())

    assert len(next(found)) == 3
    with pytest.raises(MalformedLineError, match="Line 4"):
        next(found)
