"""Laws of export."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.exports import lines, some, stored

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command_line import CommandLine


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
