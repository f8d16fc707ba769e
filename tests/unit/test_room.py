"""How full the disk is, what is refused for that, and the file that keeps room."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from memory_service.errors import StorageFullError
from memory_service.model.read import DiskState
from memory_service.store.room import DiskFigures, Reserve, Room, disk_figures


@dataclass
class Disk:
    """A disk of 1000 bytes, a clock beside it, and how often it was asked."""

    used: int = 0
    seconds: float = 0.0
    asked: int = 0

    def figures(self) -> DiskFigures:
        self.asked += 1
        return DiskFigures(used=self.used, free=1000 - self.used)

    def room(self, *, warn: float = 85, refuse: float = 95, reserve: Reserve | None = None) -> Room:
        return Room(
            self.figures,
            reserve=reserve or Reserve(Path("/nowhere"), 0, self.figures),
            warn_percent=warn,
            refuse_percent=refuse,
            timer=lambda: self.seconds,
        )


@pytest.mark.parametrize(
    ("used", "state"),
    [
        (0, DiskState.OK),
        (849, DiskState.OK),
        (850, DiskState.WARNING),
        (949, DiskState.WARNING),
        (950, DiskState.FULL),
        (1000, DiskState.FULL),
    ],
)
def test_the_state_follows_from_the_share_in_use(used: int, state: DiskState) -> None:
    assert Disk(used=used).room().use().state is state


def test_a_full_disk_takes_no_write_and_one_with_room_again_does() -> None:
    disk = Disk(used=960)
    room = disk.room()

    with pytest.raises(StorageFullError, match="96 % full"):
        room.admit()
    disk.used, disk.seconds = 100, 1.0

    room.admit()


@pytest.mark.parametrize(("warn", "refuse"), [(0, 95), (85, 0), (0, 0)])
def test_a_limit_of_zero_is_none(warn: float, refuse: float) -> None:
    room = Disk(used=940).room(warn=warn, refuse=refuse)

    assert room.use().state is (DiskState.WARNING if warn else DiskState.OK)
    Disk(used=1000).room(refuse=0).admit()


def test_while_the_reserve_is_given_up_nothing_is_stored(tmp_path: Path) -> None:
    disk = Disk(used=1000)
    reserve = Reserve(tmp_path / "reserve", 100, disk.figures)
    room = disk.room(refuse=0, reserve=reserve)
    disk.used = 0
    reserve.keep()
    disk.used = 1000
    reserve.give()

    states = []
    for second, used in enumerate((1000, 801, 800)):
        disk.seconds, disk.used = float(second), used
        states.append(room.use().state)

    assert states == [DiskState.FULL, DiskState.FULL, DiskState.OK]


def test_the_file_system_is_asked_once_a_second_at_most() -> None:
    disk = Disk()
    room = disk.room()

    for tenth in range(25):
        disk.seconds = tenth / 10
        room.admit()

    assert disk.asked == 3


def test_a_change_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk()
    room = disk.room()

    with caplog.at_level(logging.INFO):
        for second, used in enumerate((0, 860, 870, 960, 970, 100)):
            disk.seconds, disk.used = float(second), used
            room.use()

    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR", "INFO"]


def test_the_figures_are_those_of_the_file_system(tmp_path: Path) -> None:
    told = os.statvfs(tmp_path)

    assert 0 <= disk_figures(tmp_path).percent <= 100
    assert disk_figures(tmp_path).used <= told.f_blocks * told.f_frsize


def test_a_reserve_takes_its_room_and_gives_it_back(tmp_path: Path) -> None:
    file = tmp_path / "reserve"
    reserve = Reserve(file, 1 << 20, lambda: DiskFigures(used=0, free=1 << 30))

    reserve.keep()
    taken = file.stat().st_blocks * 512
    given = (reserve.give(), reserve.give())

    assert taken >= 1 << 20
    assert given == (True, False)
    assert not file.exists()


def test_a_reserve_is_not_made_where_it_would_leave_less_than_itself(tmp_path: Path) -> None:
    file = tmp_path / "reserve"

    Reserve(file, 1 << 20, lambda: DiskFigures(used=0, free=(2 << 20) - 1)).keep()

    assert not file.exists()


def test_a_reserve_of_another_size_is_made_anew_and_one_of_none_goes(tmp_path: Path) -> None:
    file = tmp_path / "reserve"
    sizes = []

    for size in (1 << 20, 1 << 16, 0):
        Reserve(file, size, lambda: DiskFigures(used=0, free=1 << 30)).keep()
        sizes.append(file.stat().st_size if file.exists() else 0)

    assert sizes == [1 << 20, 1 << 16, 0]
