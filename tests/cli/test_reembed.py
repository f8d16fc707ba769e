"""`memory-service reembed`, without a daemon: the command does the work itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from memory_service.app import create_engine
from memory_service.data_folder import FolderLock, wish_model, wished_model
from memory_service.engine.requests import RememberRequest
from memory_service.settings import Settings
from tests.support.builders import a_draft

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command_line import CommandLine


@pytest.fixture
def folder(offline: CommandLine, tmp_path: Path) -> Path:
    """The data folder of the settings, with two entries of the hashing embedder."""
    folder = tmp_path / "data"
    engine = create_engine(Settings(data_folder=folder, model="hashing"))
    engine.remember(RememberRequest(namespace="ns", drafts=(a_draft("a"), a_draft("b", "Tea."))))
    engine.close()
    offline.environ = {**offline.environ, "MEMORY_SERVICE_DATA_FOLDER": str(folder)}
    return folder


def test_the_command_lets_another_model_serve(offline: CommandLine, folder: Path) -> None:
    ended = offline("reembed", "--model", "hashing-128", "--json")

    assert ended.code == 0, ended.err
    assert json.loads(ended.out) == {"model": "hashing", "dimensions": 128, "entries": 2}
    assert wished_model(folder) == ""
    engine = create_engine(Settings(data_folder=folder))
    identity = engine.status().model.identity
    engine.close()
    assert identity is not None
    assert identity.dimensions == 128


def test_what_was_interrupted_is_shown_and_can_be_given_up(
    offline: CommandLine, folder: Path
) -> None:
    wish_model(folder, "hashing-128")

    shown = offline("reembed", "--status")
    given_up = offline("reembed", "--cancel")

    assert shown.out.startswith("hashing-128: stopped (no daemon runs; start one")
    assert given_up.out == "hashing-128 was given up.\n"
    assert offline("reembed", "--status").out == "No other model is on its way.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say one of --model MODEL, --status and --cancel."),
        (("--model", "hashing", "--cancel"), "Say one of"),
        (("--model", "auto"), "`auto` names none"),
        (("--model", "nobody/knows"), "no model is called 'nobody/knows'"),
    ],
)
def test_a_wrong_wish_is_refused_and_not_noted(
    offline: CommandLine, folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    ended = offline("reembed", *arguments)

    assert ended.code == 2
    assert said in ended.err
    assert wished_model(folder) == ""


def test_a_folder_that_another_command_holds_is_named(offline: CommandLine, folder: Path) -> None:
    with FolderLock.hold(folder):
        ended = offline("reembed", "--status")

    assert ended.code == 2
    assert f"{folder} is held, but no daemon serves it" in ended.err


def test_a_wish_that_names_nothing_is_refused(offline: CommandLine, folder: Path) -> None:
    (folder / "reembed.json").write_text("{}")

    assert "names no model" in offline("reembed", "--status").err
