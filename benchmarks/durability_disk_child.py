"""One disk that gets full: a daemon on it, writers, and room that is taken and given back.

    python -m benchmarks.durability_disk_child --disk /small/disk --seed 1 --to limit

Prints one line of JSON: what was counted, and the faults.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agent_client.errors import MemoryClientError, StorageFullError
from benchmarks.daemon import running_daemon
from benchmarks.durability_kills import SETTINGS, Life
from benchmarks.durability_trial import seeded
from benchmarks.durability_writing import Hand, answers, fill_steady, write_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agent_client import MemoryClient
    from benchmarks.daemon import Daemon

#: What is left, in bytes: below 5 % of the disk, or nothing.
_LEFT = {"limit": 1 << 20, "last-byte": 0}
_BLOCK = 4096
_RESUMED = 5.0
_RECALLS = 20


def run(disk: Path, *, seed: str, to: str) -> Life:
    """Fill the disk while four write, look at it, give the room back, kill and look again."""
    life = Life(folder=disk / "data", chance=seeded(seed))
    life.folder.mkdir(mode=0o700)
    settings = SETTINGS | {"reserve_megabytes": "4"}
    settings |= {"disk_refuse_percent": "95" if to == "limit" else "0"}
    with running_daemon(life.folder, model="hashing", settings=settings) as daemon:
        with daemon.connect(attempts=1) as client:
            fill_steady(client)
            life.before = answers(client)
            over = threading.Event()
            writing = threading.Thread(target=_write, args=(daemon, life, seed, over))
            writing.start()
            _full(client, life, disk, to)
            over.set()
            writing.join()
            _resume(client, life)
        life.look(daemon, "with room again")
        daemon.kill()
    log = (life.folder / "daemon.log").read_text(encoding="utf-8")
    life.ledger.counts["reserves given up"] += log.count("was given up for a checkpoint")
    life.end()
    return life


def _write(daemon: Daemon, life: Life, seed: str, over: threading.Event) -> None:
    write_until(daemon, life.ledger, cycle=0, seed=seed, over=over.is_set)


def _full(client: MemoryClient, life: Life, disk: Path, to: str) -> None:
    """Take the room away, until writes are refused; recalls go on."""
    time.sleep(life.chance.uniform(0.1, 0.5))
    filler = disk / "filler"
    _fill(filler, _LEFT[to])
    refused = life.ledger.counts["refused"]
    _wait(life, lambda: life.ledger.counts["refused"] > refused + 8, "no write was refused")
    for _ in range(_RECALLS):
        life.ledger.counts["recalls on a full disk"] += 1
        try:
            same = answers(client) == life.before
        except MemoryClientError as error:
            life.faults.append(f"a recall on a full disk failed: {type(error).__name__}")
            continue
        if not same:
            life.faults.append("a recall on a full disk is answered in another way")
    _refusal(client, life)
    filler.unlink()


def _refusal(client: MemoryClient, life: Life) -> None:
    """What is said to a write: that the disk is full, and nothing else."""
    hand = Hand(life.ledger, "refused", life.chance)
    try:
        hand.write(client)
    except StorageFullError:
        life.ledger.counts["refused as full"] += 1
    except MemoryClientError as error:
        life.faults.append(f"a write on a full disk was refused as {type(error).__name__}")


def _fill(filler: Path, left: int) -> None:
    block = bytes(_BLOCK)
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while os.statvfs(filler).f_bavail * os.statvfs(filler).f_frsize > left:
            file.write(block)


def _resume(client: MemoryClient, life: Life) -> None:
    """Writes go on by themselves."""
    hand = Hand(life.ledger, "resumed", life.chance)

    def written() -> bool:
        with suppress(MemoryClientError):
            hand.write(client)
            return True
        return False

    _wait(life, written, "writes did not go on when there was room again")


def _wait(life: Life, until: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + _RESUMED
    while not until():
        if time.monotonic() > end:
            life.faults.append(otherwise)
            return
        time.sleep(0.05)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one; 0 if it came to its end, whatever it saw."""
    parser = argparse.ArgumentParser(prog="durability-disk-child", description=__doc__)
    parser.add_argument("--disk", type=Path, required=True, help="a small file system")
    parser.add_argument("--seed", required=True, help="of all chances")
    parser.add_argument("--to", choices=sorted(_LEFT), required=True, help="how full it gets")
    options = parser.parse_args(arguments)
    life = run(options.disk, seed=options.seed, to=options.to)
    names = ("recalls on a full disk", "refused as full", "reserves given up")
    found = life.finding(**{name: life.ledger.counts[name] for name in names})
    print(json.dumps({"counts": found.counts, "faults": found.faults}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
