"""The trials see what they are to see: the ledger by hand, the disk's faults by a small program."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.durability_ledger import Change, Ledger
from benchmarks.durability_power import restored
from benchmarks.durability_preload import NO_COMPILER, compiled

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import os, sys
def sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try: os.fsync(descriptor)
    except OSError as error: print(error.errno)
    os.close(descriptor)
def write(name, text):
    with open(name, "w") as file: file.write(text)
"""


def a_ledger() -> Ledger:
    """Two entries are acknowledged, and a write of two more is not settled."""
    ledger = Ledger()
    sure = Change(key="1", texts={"a": "old a", "b": "old b"})
    ledger.begin(sure)
    ledger.acknowledge(sure, {})
    ledger.begin(Change(key="2", texts={"c": "new c", "d": "new d"}))
    return ledger


OLD = [("a", "old a"), ("b", "old b")]
NEW = [("c", "new c"), ("d", "new d")]


@pytest.mark.parametrize("stored", [OLD, OLD + NEW])
def test_a_write_without_an_answer_may_be_there_or_not(stored: list[tuple[str, str]]) -> None:
    assert a_ledger().compare(stored) == []


@pytest.mark.parametrize(
    ("stored", "word"),
    [
        (OLD[:1], "lost"),
        ([OLD[0], ("b", "another b")], "lost"),
        ([*OLD, OLD[0]], "doubled"),
        ([*OLD, ("e", "from nowhere")], "strange"),
        (OLD + NEW[:1], "torn"),
    ],
)
def test_everything_else_is_a_fault(stored: list[tuple[str, str]], word: str) -> None:
    ledger = a_ledger()

    faults = ledger.compare(stored)

    assert len(faults) == 1
    assert ledger.counts[word] == 1


def run(program: str, folder: Path, **environment: str) -> str:
    """What the program printed, run in *folder* with a library before the system's."""
    ended = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM + program],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


def library_of(name: str, folder: Path) -> str:
    library = compiled(name, folder)
    if library is None:
        pytest.skip(NO_COMPILER)
    return str(library)


def test_a_power_cut_takes_bytes_and_names_that_were_not_synced(tmp_path: Path) -> None:
    root, kept = tmp_path / "root", tmp_path / "kept"
    for folder in (root, kept / "content", kept / "names"):
        folder.mkdir(parents=True)
    (root / "before").write_text("there")
    (root / "removed").write_text("there")
    program = """
write("synced", "1"); sync("synced"); write("empty", "2"); sync(".")
write("unnamed", "3"); sync("unnamed")
write("synced", "4"); write("before", "5"); os.remove("removed")
"""

    run(
        program,
        root,
        LD_PRELOAD=library_of("power_cut", tmp_path),
        POWER_CUT_ROOT=str(root),
        POWER_CUT_KEPT=str(kept),
    )
    after = restored(kept, tmp_path / "after")

    assert {file.name: file.read_text() for file in after.iterdir()} == {
        "before": "there",
        "removed": "there",
        "synced": "1",
        "empty": "",
    }


def test_the_nth_sync_of_a_matching_file_fails_once_it_is_armed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    program = """
write("mine", ""); write("other", "")
sync("mine"); write("../armed", "")
for _ in range(3): sync("other"); sync("mine"); print("-")
"""

    printed = run(
        program,
        root,
        LD_PRELOAD=library_of("sync_errors", tmp_path),
        SYNC_ERRORS_MATCH="/mine",
        SYNC_ERRORS_AT="2",
        SYNC_ERRORS_ARMED=str(tmp_path / "armed"),
        SYNC_ERRORS_LOG=str(tmp_path / "log"),
    )

    assert printed.split() == ["-", "5", "-", "-"]
    assert (tmp_path / "log").read_text().endswith(f" {root / 'mine'}\n")
