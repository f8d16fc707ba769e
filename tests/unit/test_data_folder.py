"""The daemon's files in the data folder."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from memory_service.data_folder import (
    FolderLock,
    RunningDaemon,
    access_key,
    announce,
    node_id,
    withdraw,
)
from memory_service.errors import ConfigurationError, DataFolderHeldError

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    with FolderLock.hold(tmp_path / "a" / "b"):
        assert mode(tmp_path / "a" / "b") == 0o700


def test_a_held_folder_names_who_holds_it(tmp_path: Path) -> None:
    with FolderLock.hold(tmp_path), pytest.raises(DataFolderHeldError, match=str(os.getpid())):
        FolderLock.hold(tmp_path)


def test_a_released_folder_can_be_held_again(tmp_path: Path) -> None:
    first = FolderLock.hold(tmp_path)
    first.release()
    first.release()

    with FolderLock.hold(tmp_path), pytest.raises(DataFolderHeldError):
        FolderLock.hold(tmp_path)


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigurationError, match="Choose another"):
        FolderLock.hold(tmp_path / "file" / "data")


def test_what_a_crash_left_half_written_hinders_no_start_and_is_never_read(
    tmp_path: Path,
) -> None:
    left = tmp_path / ".access.key.partial"
    left.write_text("half")
    left.chmod(0o644)

    key = access_key(tmp_path)

    assert not key.startswith("half")
    assert mode(tmp_path / "access.key") == 0o600
    assert not left.exists()


def test_the_key_is_made_once_random_and_private(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()

    key = access_key(tmp_path)

    assert access_key(tmp_path) == key
    assert access_key(tmp_path / "other") != key
    assert len(key) == 43
    assert mode(tmp_path / "access.key") == 0o600


@pytest.mark.parametrize("others", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused_with_the_fix(tmp_path: Path, others: int) -> None:
    access_key(tmp_path)
    (tmp_path / "access.key").chmod(others)

    with pytest.raises(ConfigurationError, match="chmod 600"):
        access_key(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "short\n", "é" * 40, "two lines of\n a key that is long enough"]
)
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "access.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)

    with pytest.raises(ConfigurationError, match="Delete it"):
        access_key(tmp_path)


def test_a_node_keeps_its_name(tmp_path: Path) -> None:
    assert node_id(tmp_path) == node_id(tmp_path)


def test_what_was_announced_is_private_and_taken_back(tmp_path: Path) -> None:
    running = RunningDaemon(url="http://127.0.0.1:1", key_file="k", process_id="p", pid=1)

    announce(tmp_path, running)

    assert mode(tmp_path / "daemon.json") == 0o600
    withdraw(tmp_path)
    withdraw(tmp_path)
    assert not (tmp_path / "daemon.json").exists()
