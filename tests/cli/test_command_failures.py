"""What a command says when it fails, and its exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.support.command_line import remembered

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command_line import CommandLine, Ended


def one_line(ended: Ended) -> str:
    """What a failing command said: a single line, and no traceback."""
    assert ended.err.count("\n") == 1
    return ended.err


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
