"""Laws of backup, restore and compact, through a daemon and without one."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from memory_service.data_folder import FolderLock
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.engine.engine import MemoryEngine
from memory_service.engine.requests import ModelState, ModelStatus
from tests.support.clock import ManualClock
from tests.support.command_line import CommandLine, remembered
from tests.support.daemon_app import HOST, a_service, serving
from tests.support.ranking import engine_options
from tests.support.stores import open_local

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[CommandLine]:
    """The command line over a daemon in this process that keeps its store in `tmp_path/live`."""
    clock, embedder = ManualClock(), HashingEmbedder()
    numbers = itertools.count(1)
    engine = MemoryEngine(
        backend=open_local(tmp_path / "live", clock=clock, identity=embedder.identity),
        embedder=embedder,
        model=ModelStatus(
            identity=embedder.identity, source="tests", state=ModelState.READY, detail=""
        ),
        floor=None,
        options=engine_options(),
        clock=clock,
        new_id=lambda: f"new-{next(numbers)}",
    )
    with serving(a_service(engine)) as app:
        yield CommandLine(environ={"HOME": str(tmp_path)}, app=app)
    engine.close()


def answer(cli: CommandLine, *arguments: str) -> dict[str, Any]:
    ended = cli(*arguments, "--json")
    assert ended.code == 0, ended.err
    shown: dict[str, Any] = json.loads(ended.out)
    return shown


def through_daemon(cli: CommandLine, *arguments: str) -> dict[str, Any]:
    return answer(cli, *arguments, "--url", f"http://{HOST}")


def test_a_backup_of_a_daemon_is_restored_into_another_folder(
    kept: CommandLine, offline: CommandLine, tmp_path: Path
) -> None:
    remembered(kept, "a", "b", "c")
    made = through_daemon(kept, "backup", str(tmp_path / "backup"))
    other = ("--data-folder", str(tmp_path / "other"))

    restored = answer(offline, "restore", str(tmp_path / "backup"), *other)
    again = answer(offline, "backup", str(tmp_path / "again"), *other)

    assert made["entries"] == restored["entries"] == again["entries"] == 3
    assert made["position"] == restored["position"] == again["position"]
    assert restored["replaced"] is None
    assert oct((tmp_path / "backup").stat().st_mode)[-3:] == "600"


def test_what_a_restore_replaces_is_named(offline: CommandLine, tmp_path: Path) -> None:
    folder = ("--data-folder", str(tmp_path / "data"))
    open_local(tmp_path / "data").close()
    offline("backup", str(tmp_path / "backup"), *folder)

    restored = answer(offline, "restore", str(tmp_path / "backup"), *folder)

    assert Path(restored["replaced"], "store", "memory.duckdb").exists()
    assert restored["replaced"] in offline("compact", *folder).out


def test_a_purge_says_that_more_is_to_be_done_and_compact_does_it(
    kept: CommandLine, tmp_path: Path
) -> None:
    remembered(kept, "a", "b")
    through_daemon(kept, "backup", str(tmp_path / "backup"))

    purged = kept("forget", "a", "--purge")
    report = through_daemon(kept, "compact")

    assert purged.code == 0
    assert "memory-service compact" in purged.err
    assert [line.partition(" of ")[0] for line in report["not_covered"]] == ["backup"]


def test_a_target_that_is_there_is_replaced_only_by_force(
    offline: CommandLine, tmp_path: Path
) -> None:
    folder = ("--data-folder", str(tmp_path / "data"))
    open_local(tmp_path / "data").close()
    (tmp_path / "backup").write_text("something")

    refused = offline("backup", str(tmp_path / "backup"), *folder)
    assert (tmp_path / "backup").read_text() == "something"
    forced = offline("backup", str(tmp_path / "backup"), "--force", *folder)

    assert (refused.code, forced.code) == (2, 0)
    assert "--force" in refused.err


@pytest.mark.parametrize("command", [["backup", "b"], ["compact"]])
def test_without_a_store_there_is_one_line_and_no_folder(
    offline: CommandLine, tmp_path: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    ended = offline(*command, "--data-folder", str(tmp_path / "none"))

    assert ended.code == 2
    assert "no store" in ended.err
    assert not (tmp_path / "none").exists()
    assert not (tmp_path / "b").exists()


def test_a_folder_that_is_held_is_not_restored_into(offline: CommandLine, tmp_path: Path) -> None:
    folder = ("--data-folder", str(tmp_path / "data"))
    open_local(tmp_path / "data").close()
    offline("backup", str(tmp_path / "backup"), *folder)

    with FolderLock.hold(tmp_path / "data"):
        ended = offline("restore", str(tmp_path / "backup"), *folder)

    assert ended.code == 2
    assert "Stop it first" in ended.err


def test_a_backup_that_is_cut_off_is_refused_in_one_line(
    offline: CommandLine, tmp_path: Path
) -> None:
    folder = ("--data-folder", str(tmp_path / "data"))
    open_local(tmp_path / "data").close()
    offline("backup", str(tmp_path / "backup"), *folder)
    data = (tmp_path / "backup").read_bytes()
    (tmp_path / "backup").write_bytes(data[:-100_000])

    ended = offline("restore", str(tmp_path / "backup"), *folder)

    assert ended.code == 2
    assert "nothing was" in ended.err.lower()
    assert ended.err.count("\n") == 1
