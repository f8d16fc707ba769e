"""`docs/cli.md` knows every command and option, and every help text renders."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer.main

from memory_service.cli.exit_codes import EXIT_CODES, ExitCode
from memory_service.cli.main import app
from tests.support.command_line import CommandLine

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")


def _commands() -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Every command's words and its long options."""
    root = typer.main.get_command(app)
    waiting: list[tuple[tuple[str, ...], object]] = [((), root)]
    while waiting:
        words, command = waiting.pop()
        waiting += [
            ((*words, name), below) for name, below in getattr(command, "commands", {}).items()
        ]
        options = {
            option
            for parameter in getattr(command, "params", [])
            for option in parameter.opts
            if option.startswith("--")
        }
        yield words, options


COMMANDS = sorted((words, sorted(options)) for words, options in _commands())


@pytest.mark.parametrize(("words", "options"), COMMANDS, ids=lambda value: " ".join(value))
def test_every_command_and_option_is_documented(words: tuple[str, ...], options: list[str]) -> None:
    groups = {("service",), ("model",), ()}
    if words not in groups:
        assert re.search(rf"`memory-service {' '.join(words)}[ `]", PAGE)
    for option in options:
        assert re.search(rf"{option}\b", PAGE), option


@pytest.mark.parametrize(("words", "options"), COMMANDS, ids=lambda value: " ".join(value))
def test_help_renders_in_eighty_columns(
    words: tuple[str, ...],
    options: set[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    ended = CommandLine(environ={})(*words, "--help")

    printed = capsys.readouterr().out
    assert ended.code == 0
    assert max(len(line) for line in printed.splitlines()) <= 80
    for option in options:
        assert option in printed


def test_every_exit_code_is_in_the_help_and_on_the_page() -> None:
    for code in ExitCode:
        assert re.search(rf"\b{code.value} ", EXIT_CODES)
        assert f"| {code.value} |" in PAGE
