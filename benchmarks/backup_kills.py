"""A process that is killed in the middle of a restore or of a rewriting, and what it leaves."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks.backup_load import a_store, ids_of
from benchmarks.backup_words import CANARY, files_holding
from benchmarks.trial_store import SPACE
from memory_service.backends.restoring import finish_restore, restore
from memory_service.model.entry import EntryDraft
from memory_service.model.write import Forget, Put, WriteRequest
from memory_service.store.archive import write_archive
from memory_service.store.proving import verify_chain

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.backends.local import LocalBackend

RESTORE_STAGES = ("unpacked", "proven", "noted", "aside", "placed")
COMPACT_STAGES = ("tidied", "copied", "caught-up", "swapped", "resealed")
#: Until then the state before stands.
_STILL_OLD = frozenset({"unpacked", "proven"})
_KILLED = -9
_CHILD_SECONDS = 120.0


def killed_child(action: str, folder: Path, stage: str) -> list[str]:
    """Run `benchmarks.backup_child`, which kills itself after a stage; the lines it printed.

    Raises:
        RuntimeError: If it ended in another way.
    """
    command = [sys.executable, "-m", "benchmarks.backup_child", action, str(folder), stage]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=_CHILD_SECONDS, check=False
    )
    if ended.returncode != _KILLED:
        raise RuntimeError(f"{action} was not killed at {stage}: {ended.stderr[-2000:]}")
    return ended.stdout.splitlines()


def put_all(store: LocalBackend, ids: list[str], text: str = "a note of the launch") -> None:
    """Write an entry for each id, without vectors."""
    puts = tuple(Put(draft=EntryDraft(id=id, text=f"{text} {id}"), passages=None) for id in ids)
    store.apply(WriteRequest(namespace=SPACE, operations=puts, now=datetime.now(UTC)))


def restore_kill(folder: Path, stage: str) -> list[str]:
    """Kill a restore after *stage*; what is wrong with what it left, and after it is done again."""
    folder.mkdir(parents=True)
    store = a_store(folder / "data")
    put_all(store, ["a", "b"])
    copy = store.copy()
    part = copy.read(0, copy.manifest.file.size)
    write_archive(folder / "backup", copy.manifest, [part], progress=lambda _done, _total: None)
    copy.close()
    put_all(store, ["c"])
    store.close()

    killed_child("restore", folder, stage)
    finish_restore(folder / "data")

    wanted = {"a", "b", "c"} if stage in _STILL_OLD else {"a", "b"}
    faults = _wrong(folder / "data", wanted, f"restore killed at {stage}")
    now = datetime.now(UTC)
    restore(folder / "data", folder / "backup", now=now, progress=lambda _done, _total: None)
    return faults + _wrong(folder / "data", {"a", "b"}, f"restore after a kill at {stage}")


def compact_kill(folder: Path, stage: str) -> list[str]:
    """Kill a rewriting after *stage* while others write; what is wrong with what it left."""
    folder.mkdir(parents=True)
    store = a_store(folder / "data")
    put_all(store, [f"old-{number}" for number in range(200)])
    put_all(store, ["secret"], CANARY)
    now = datetime.now(UTC)
    forget = Forget(id="secret", purge=True)
    store.apply(WriteRequest(namespace=SPACE, operations=(forget,), now=now))
    store.close()

    acknowledged = killed_child("compact", folder, stage)

    wanted = {f"old-{number}" for number in range(200)} | set(acknowledged)
    faults = _wrong(folder / "data", wanted, f"rewriting killed at {stage}", at_least=True)
    store = a_store(folder / "data")
    store.compact()
    faults += [
        f"after a kill at {stage} {name} holds the canary"
        for name in files_holding(folder / "data", [CANARY])
    ]
    store.close()
    return faults


def _wrong(folder: Path, wanted: set[str], when: str, *, at_least: bool = False) -> list[str]:
    """What is wrong with a store that should hold exactly these, or at least."""
    store = a_store(folder)
    try:
        held = ids_of(store)
        broken = verify_chain(store._database)  # noqa: SLF001  # no verb walks the log
    finally:
        store.close()
    lost, more = wanted - held, set() if at_least else held - wanted
    checks = {
        f"{len(lost)} entries are lost": not lost,
        f"{len(more)} entries are too many": not more,
        "the chain is broken": broken is None,
    }
    return [f"{when}: {what}" for what, well in checks.items() if not well]
