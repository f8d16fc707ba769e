"""Real daemons, killed at any instant while four writers write: what was acknowledged stays."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.support.daemon_process import DaemonProcess, a_daemon

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

ENTRIES = "/v1/namespaces/ledger/entries"
RECALL = "/v1/namespaces/ledger/recall"
CYCLES = 8
WRITERS = 4
BATCH = 16


@dataclass(slots=True)
class Ledger:
    """What the daemon said it has, and what it was only asked to have; kept by the writers."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    batches: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, entries: dict[str, str]) -> None:
        with self.lock:
            self.sent |= entries

    def acknowledge(self, entries: dict[str, str]) -> int:
        with self.lock:
            self.acknowledged |= entries
            self.batches += 1
            return self.batches


def write_until_killed(
    daemon: DaemonProcess, ledger: Ledger, writer: str, kill_at: int, rest: Random
) -> None:
    """Send batches; whoever gets the acknowledgement number *kill_at* kills the daemon."""
    for batch in range(10_000):
        entries = {
            f"{writer}-{batch}-{place}": f"note {rest.randrange(10**9)} of {writer}"
            for place in range(BATCH)
        }
        ledger.send(entries)
        body = [{"id": id, "text": text} for id, text in entries.items()]
        try:
            daemon.client.post(ENTRIES, json={"entries": body}).raise_for_status()
        except httpx2.TransportError:
            return
        if ledger.acknowledge(entries) == kill_at:
            daemon.process.kill()


def everything(daemon: DaemonProcess) -> list[tuple[str, str]]:
    """Id and text of every entry, page by page."""
    found: list[tuple[str, str]] = []
    parameters: dict[str, str | int] = {"limit": 1000}
    while True:
        page = daemon.client.get(ENTRIES, params=parameters).raise_for_status().json()
        found += [(entry["id"], entry["text"]) for entry in page["entries"]]
        if page["next_cursor"] is None:
            return found
        parameters["cursor"] = page["next_cursor"]


def run_and_kill(folder: Path, ledger: Ledger, cycle: int, chance: Random) -> None:
    """One life of the daemon, ended at a random acknowledgement."""
    kill_at = ledger.batches + chance.randrange(1, 30)
    with a_daemon(folder) as daemon, ThreadPoolExecutor(WRITERS) as pool:
        writers = [
            pool.submit(
                write_until_killed,
                daemon,
                ledger,
                f"cycle-{cycle}-writer-{number}",
                kill_at,
                Random(chance.random()),
            )
            for number in range(WRITERS)
        ]
        for writer in writers:
            writer.result()
        daemon.kill()


def test_no_acknowledged_entry_is_lost_doubled_or_changed_by_kills(tmp_path: Path) -> None:
    folder, ledger, chance = tmp_path / "data", Ledger(), Random(20260601)

    for cycle in range(CYCLES):
        run_and_kill(folder, ledger, cycle, chance)
        with a_daemon(folder) as again:
            found = everything(again)
            recalled = again.client.post(
                RECALL, json={"query": f"note of cycle-{cycle}-writer-0", "on_none": "best"}
            )
            assert again.stop() == 0

        stored = dict(found)
        assert len(stored) == len(found)
        assert ledger.acknowledged.items() <= stored.items()
        assert stored.items() <= ledger.sent.items()
        assert len(stored) % BATCH == 0
        assert recalled.json()["hits"]
