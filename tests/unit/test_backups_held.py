"""The one backup that is being read: who may read it, and when another takes its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from memory_service.api.backups import LEFT_ALONE, Backups
from memory_service.errors import BackupInProgressError, BackupNotFoundError
from memory_service.model.keeping import BackupFile, BackupManifest, StoreCounts
from memory_service.model.position import Position
from tests.support.clock import START

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory_service.engine.engine import MemoryEngine

MANIFEST = BackupManifest(
    schema=2,
    cluster_id="c",
    position=Position(epoch=1, seq=2),
    fingerprint="",
    model="",
    counts=StoreCounts(entries=1, changes=2, namespaces=1, vectors=0),
    created_at=START,
    file=BackupFile(name="memory.duckdb", size=6, sha256="0" * 64),
)


@dataclass
class Copy:
    data: bytes = b"abcdef"
    manifest: BackupManifest = MANIFEST
    closed: bool = False

    def read(self, offset: int, most: int) -> bytes:
        return self.data[offset : offset + most]

    def close(self) -> None:
        self.closed = True


@dataclass
class Copying:
    """An engine that can be copied, and remembers what it gave out."""

    made: list[Copy] = field(default_factory=list)

    def copy(self) -> Copy:
        self.made.append(Copy())
        return self.made[-1]


@dataclass
class Timer:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def backups(timer: Timer) -> Iterator[Backups]:
    held = Backups(timer)
    yield held
    held.stop()


def made(backups: Backups, engine: Copying) -> str:
    return backups.make(cast("MemoryEngine", engine))[0]


def test_a_backup_is_read_from_any_offset_until_it_is_dropped(backups: Backups) -> None:
    engine = Copying()
    name = made(backups, engine)

    parts = [backups.read(name, offset, 4) for offset in (0, 4, 4, 6)]
    backups.drop(name)
    backups.drop(name)

    assert parts == [b"abcd", b"ef", b"ef", b""]
    assert engine.made[0].closed
    with pytest.raises(BackupNotFoundError):
        backups.read(name, 0, 4)


def test_a_name_that_was_guessed_reads_and_drops_nothing(backups: Backups) -> None:
    engine = Copying()
    name = made(backups, engine)

    for guess in ("", "../store", name[:-1], "\N{SNOWMAN}"):
        backups.drop(guess)
        with pytest.raises(BackupNotFoundError):
            backups.read(guess, 0, 4)

    assert backups.read(name, 0, 1) == b"a"


def test_another_backup_waits_until_the_first_was_left_alone(
    backups: Backups, timer: Timer
) -> None:
    engine = Copying()
    first = made(backups, engine)
    timer.now = LEFT_ALONE - 1
    backups.read(first, 0, 1)
    timer.now = 2 * LEFT_ALONE - 2

    with pytest.raises(BackupInProgressError):
        made(backups, engine)
    timer.now = 2 * LEFT_ALONE
    second = made(backups, engine)

    assert engine.made[0].closed
    assert backups.read(second, 0, 1) == b"a"
    with pytest.raises(BackupNotFoundError):
        backups.read(first, 0, 1)


def test_stopping_gives_up_what_is_held(backups: Backups) -> None:
    engine = Copying()
    made(backups, engine)

    backups.stop()

    assert engine.made[0].closed
