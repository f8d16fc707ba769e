"""Laws of history, of moments of the past, of taking back, and of expiry by kind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from memory_service.cli.exit_codes import ExitCode
from tests.support.command_line import LAUNCH

if TYPE_CHECKING:
    from tests.support.command_line import CommandLine


def test_the_history_shows_every_version_the_newest_first(cli: CommandLine) -> None:
    cli("remember", LAUNCH, "--id", "a/b")
    cli("remember", "It is in July now.", "--id", "a/b", "--on-conflict", "replace")

    shown, printed = cli("history", "a/b"), cli("history", "a/b", "--json")
    versions = json.loads(printed.out)["versions"]

    assert shown.code == 0
    for part in ("now", "replaced", "July", LAUNCH):
        assert part in shown.out
    assert [(one["entry"]["version"], one["ended"]) for one in versions] == [
        (2, None),
        (1, "replaced"),
    ]
    assert len(json.loads(cli("history", "a/b", "-k", "1", "--json").out)["versions"]) == 1


def test_a_moment_shows_what_was(cli: CommandLine) -> None:
    position = json.loads(cli("remember", LAUNCH, "--id", "a", "--json").out)["position"]
    cli("remember", "It is in July now.", "--id", "a", "--on-conflict", "replace")

    entry = cli("get", "a", "--as-of", position, "--json")
    listed = cli("list", "--as-of", position, "--json")

    assert json.loads(entry.out)["text"] == LAUNCH
    assert [one["text"] for one in json.loads(listed.out)["entries"]] == [LAUNCH]
    assert cli("get", "a", "--as-of", "yesterday").code == ExitCode.REFUSED
    assert "--as-of" in cli("get", "a", "--as-of", position, "--neighbours", "1").err


def test_what_was_forgotten_comes_back(cli: CommandLine) -> None:
    for id in ("a", "b", "c"):
        cli("remember", LAUNCH, "--id", id)
    cli("forget", "a", "b", "c")
    cli("remember", "Something else.", "--id", "c")

    ended = cli("forget", "--undo", "a", "c", "nobody")

    assert (ended.code, ended.out) == (ExitCode.REFUSED, "1 of 3 entries back.\n  a\n")
    assert "c: " in ended.err
    assert "nobody: Nothing of it is kept." in ended.err
    assert json.loads(cli("get", "a", "--json").out)["text"] == LAUNCH


def test_what_matches_comes_back_after_a_look(cli: CommandLine) -> None:
    cli("remember", LAUNCH, "--id", "a", "--kind", "note")
    cli("forget", "a")

    looked = cli("forget", "--undo", "--filter", '{"kind": "note"}', "--dry-run")
    ended = cli("forget", "--undo", "--filter", '{"kind": "note"}', "--json")

    assert (looked.code, looked.out) == (0, "1 entry can come back.\n  a\n")
    assert (ended.code, json.loads(ended.out)["restored"]) == (0, 1)
    assert cli("get", "a").code == 0


def test_entries_of_a_kind_expire_after_their_days(cli: CommandLine) -> None:
    first = cli("namespaces", "set", "default", "--expires", "note=30", "--expires", "joke=0.5")
    second = cli("namespaces", "set", "default", "--expires", "joke=never")
    cli("remember", LAUNCH, "--id", "a", "--kind", "note")
    cli("remember", LAUNCH, "--id", "b", "--kind", "joke")

    assert first.out == "default: expires: joke after 0.5 days, note after 30 days\n"
    assert second.out == "default: expires: note after 30 days\n"
    assert "expires: note after 30 days" in cli("namespaces").out
    assert json.loads(cli("get", "a", "--json").out)["expires_at"] is not None
    assert json.loads(cli("get", "b", "--json").out)["expires_at"] is None


@pytest.mark.parametrize("given", ["note", "=3", "note=soon", "note=-1"])
def test_days_that_are_none_are_refused(cli: CommandLine, given: str) -> None:
    assert cli("namespaces", "set", "default", "--expires", given).code != 0
