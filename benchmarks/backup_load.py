"""A daemon that is backed up and written anew while four callers write to it, and one asks."""

from __future__ import annotations

import io
import json
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from statistics import median
from typing import TYPE_CHECKING

from agent_client import MemoryClientError
from benchmarks.daemon import running_daemon
from benchmarks.trial_store import SPACE
from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.backends.restoring import restore
from memory_service.cli.main import main as command
from memory_service.model.position import Position
from memory_service.model.read import PageRequest
from memory_service.store.archive import opened_archive
from memory_service.store.proving import verify_chain

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.daemon import Daemon
    from memory_service.model.keeping import BackupManifest

_WRITERS = 4
_BATCH = 16
_BEFORE_SECONDS = 0.5


@dataclass(slots=True)
class Ledger:
    """What was sent, and at which position it was acknowledged; kept by the callers."""

    sent: set[str] = field(default_factory=set)
    acknowledged: dict[str, int] = field(default_factory=dict)
    writes: list[float] = field(default_factory=list)
    recalls: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFigures:
    """What happened meanwhile; times in milliseconds.

    `backup_ms` is of the slowest backup, `compact_ms` of the rewriting, `pause_ms` for how long it
    took no write.
    """

    entries: int
    backup_ms: float
    compact_ms: float
    pause_ms: float
    recalls: int
    median_recall_ms: float
    slowest_recall_ms: float
    median_write_ms: float
    slowest_write_ms: float
    faults: tuple[str, ...]


def backups_under_load(folder: Path, *, backups: int, entries: int = 0) -> LoadFigures:
    """Make so many backups, then rewrite the store, while four callers write.

    Each backup is restored and compared.

    Args:
        folder: Empty; for data and backups.
        backups: How many.
        entries: How many there are before it begins.
    """
    ledger, stop = Ledger(), threading.Event()
    (folder / "data").mkdir()
    made: list[tuple[Path, BackupManifest]] = []
    backup_ms = []
    with running_daemon(folder / "data", model="hashing") as daemon:
        _prepare(daemon, ledger, entries)
        with ThreadPoolExecutor(_WRITERS + 1) as pool:
            work = [pool.submit(_write, daemon, ledger, f"w{n}", stop) for n in range(_WRITERS)]
            work.append(pool.submit(_ask, daemon, ledger, stop))
            try:
                for number in range(backups):
                    time.sleep(_BEFORE_SECONDS)
                    begun = time.perf_counter()
                    made.append(_backed_up(folder, number))
                    backup_ms.append(_since(begun))
                begun = time.perf_counter()
                compacted = _commanded("compact", "--data-folder", str(folder / "data"))
                compact_ms = _since(begun)
            finally:
                stop.set()
            for each in work:
                each.result()
    chains = _chains(folder / "data")
    for target, manifest in made:
        ledger.faults += _compared(folder, target, manifest, ledger, chains)
    return LoadFigures(
        entries=len(ledger.acknowledged),
        backup_ms=max(backup_ms),
        compact_ms=compact_ms,
        pause_ms=compacted["writes_waited"] * 1000,
        recalls=len(ledger.recalls),
        median_recall_ms=median(ledger.recalls),
        slowest_recall_ms=max(ledger.recalls),
        median_write_ms=median(ledger.writes),
        slowest_write_ms=max(ledger.writes),
        faults=tuple(ledger.faults),
    )


def _since(begun: float) -> float:
    """Milliseconds."""
    return (time.perf_counter() - begun) * 1000


def _commanded(*words: str) -> dict[str, float]:
    """What a command says as JSON.

    Raises:
        RuntimeError: If it failed.
    """
    with redirect_stdout(io.StringIO()) as said:
        code = command([*words, "--json"])
    if code:
        raise RuntimeError(f"{words[0]} ended with {code}")
    answer: dict[str, float] = json.loads(said.getvalue())
    return answer


def _prepare(daemon: Daemon, ledger: Ledger, entries: int) -> None:
    with daemon.connect() as client:
        for start in range(0, max(entries, 1), 256):
            ids = [f"old-{number}" for number in range(start, min(start + 256, max(entries, 1)))]
            receipt = client.remember([_entry(id) for id in ids], namespace=SPACE)
            ledger.sent.update(ids)
            ledger.acknowledged |= dict.fromkeys(ids, _seq(receipt.position))


def _entry(id: str) -> dict[str, str]:
    return {"id": id, "text": f"A note called {id}, of the launch in June."}


def _seq(position: str) -> int:
    return Position.parse(position).seq


def _write(daemon: Daemon, ledger: Ledger, writer: str, stop: threading.Event) -> None:
    with daemon.connect() as client:
        for batch in count():
            if stop.is_set():
                return
            ids = [f"{writer}-{batch}-{place}" for place in range(_BATCH)]
            with ledger.lock:
                ledger.sent.update(ids)
            begun = time.perf_counter()
            receipt = client.remember([_entry(id) for id in ids], namespace=SPACE)
            with ledger.lock:
                ledger.writes.append(_since(begun))
                ledger.acknowledged |= dict.fromkeys(ids, _seq(receipt.position))


def _ask(daemon: Daemon, ledger: Ledger, stop: threading.Event) -> None:
    with daemon.connect(attempts=1) as client:
        while not stop.is_set():
            begun = time.perf_counter()
            try:
                answer = client.recall("the launch in June", namespace=SPACE, on_none="best")
            except MemoryClientError as error:
                ledger.faults.append(f"a recall failed: {type(error).__name__}")
                continue
            ledger.recalls.append(_since(begun))
            if not answer.hits:
                ledger.faults.append("a recall found nothing")


def _backed_up(folder: Path, number: int) -> tuple[Path, BackupManifest]:
    target = folder / f"backup-{number}"
    _commanded("backup", str(target), "--data-folder", str(folder / "data"))
    with opened_archive(target) as (manifest, stream):
        while stream.read(1 << 20):
            pass
    return target, manifest


def a_store(folder: Path) -> LocalBackend:
    """The store of a folder, without a model."""
    return LocalBackend.open(folder, options=LocalOptions(), clock=lambda: datetime.now(UTC))


def _chains(folder: Path) -> dict[int, Position]:
    store = a_store(folder)
    try:
        return {change.position.seq: change.position for change in store.changes(0, 10**9)}
    finally:
        store.close()


def ids_of(store: LocalBackend) -> set[str]:
    """The ids of every live entry."""
    page = store.page(PageRequest(namespace=SPACE, now=datetime.now(UTC), limit=10**9))
    return {entry.id for entry in page.entries}


def _compared(
    folder: Path,
    target: Path,
    manifest: BackupManifest,
    ledger: Ledger,
    chains: dict[int, Position],
) -> list[str]:
    """What is wrong with a backup once it is restored."""
    again = folder / "again"
    again.mkdir()
    now = datetime.now(UTC)
    restore(again, target, now=now, progress=lambda _done, _total: None)
    store = a_store(again)
    try:
        position, held = store.status().position, ids_of(store)
        broken = verify_chain(store._database)  # noqa: SLF001  # no verb walks the log
    finally:
        store.close()
        shutil.rmtree(again)
        target.unlink()
    wanted = {id for id, seq in ledger.acknowledged.items() if seq <= manifest.position.seq}
    checks = {
        "the position is another": position == manifest.position == chains[position.seq],
        "the chain is broken": broken is None,
        f"{len(wanted - held)} acknowledged entries are missing": wanted <= held,
        "there is what nobody sent": held <= ledger.sent,
        "the count is another": len(held) == manifest.counts.entries,
    }
    return [f"{target.name}: {what}" for what, well in checks.items() if not well]
