"""How much room the disk has, and a file that keeps some for when it has none."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.errors import StorageFullError
from memory_service.model.read import DiskState, DiskUse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOG = logging.getLogger(__name__)
#: How long figures hold, in seconds: a write does not ask the file system each time.
_FRESH = 1.0
#: A reserve is made only where it leaves as much again.
_SPARE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFigures:
    """Bytes of a file system: in use, and free for this process."""

    used: int
    free: int

    @property
    def percent(self) -> float:
        """How full it is, as `df` says it: what only root may take counts for nothing."""
        return 100 * self.used / max(1, self.used + self.free)


def disk_figures(folder: Path) -> DiskFigures:
    """Of the file system that *folder* is in."""
    told = os.statvfs(folder)
    return DiskFigures(
        used=(told.f_blocks - told.f_bfree) * told.f_frsize, free=told.f_bavail * told.f_frsize
    )


class Room:
    """Whether the disk may take more.

    Args:
        figures: Of the file system, now.
        reserve: Where it was given up, nothing more is stored until it is there again.
        warn_percent: From how full on it is said, in the log and by `use`; 0: never.
        refuse_percent: From how full on writes are refused; 0: never.
        timer: Seconds that only grow.
    """

    def __init__(
        self,
        figures: Callable[[], DiskFigures],
        *,
        reserve: Reserve,
        warn_percent: float,
        refuse_percent: float,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._figures = figures
        self._reserve = reserve
        self._warn, self._refuse = warn_percent, refuse_percent
        self._timer = timer
        self._asking = threading.Lock()
        self._use = DiskUse()
        self._asked = -_FRESH

    def use(self) -> DiskUse:
        """How full the disk is; at most a second old."""
        with self._asking:
            if self._timer() - self._asked >= _FRESH:
                self._asked = self._timer()
                self._use, before = self._read(), self._use
                if self._use.state is not before.state:
                    self._say(self._use)
            return self._use

    def admit(self) -> None:
        """Let a write pass.

        Raises:
            StorageFullError: If the disk is too full for more.
        """
        use = self.use()
        if use.state is DiskState.FULL:
            raise StorageFullError(
                f"The disk of the store is {use.percent:.0f} % full, which is too full to store "
                "more. Free some room or forget entries; writes go on by themselves then. "
                "Nothing was changed."
            )

    def _read(self) -> DiskUse:
        if self._reserve.given:
            self._reserve.keep()
        percent = self._figures().percent
        if self._reserve.given or (self._refuse and percent >= self._refuse):
            return DiskUse(percent=percent, state=DiskState.FULL)
        if self._warn and percent >= self._warn:
            return DiskUse(percent=percent, state=DiskState.WARNING)
        return DiskUse(percent=percent)

    def _say(self, use: DiskUse) -> None:
        match use.state:
            case DiskState.OK:
                _LOG.info("the disk of the store has room again: %.0f %% full", use.percent)
            case DiskState.WARNING:
                _LOG.warning("the disk of the store is %.0f %% full; free some room", use.percent)
            case DiskState.FULL:
                _LOG.error(
                    "the disk of the store is %.0f %% full; writes are refused until there is room",
                    use.percent,
                )


class Reserve:
    """Room set aside in *file* for what must be written although the disk is full; thread-safe.

    Args:
        file: Holds nothing but room.
        size: In bytes; 0: none is kept.
        figures: Of the file system, now.
    """

    def __init__(self, file: Path, size: int, figures: Callable[[], DiskFigures]) -> None:
        self._file = file
        self._size = size
        self._figures = figures
        self.given = False
        self._changing = threading.Lock()

    def keep(self) -> None:
        """Set it aside, where that leaves enough; what was set aside and is not wanted goes."""
        with self._changing:
            if not self._size:
                self._file.unlink(missing_ok=True)
            elif self._held() != self._size and self._figures().free >= _SPARE * self._size:
                self._make()
            self.given = self.given and self._held() != self._size

    def _held(self) -> int:
        return self._file.stat().st_size if self._file.exists() else 0

    def _make(self) -> None:
        self._file.unlink(missing_ok=True)
        try:
            with self._file.open("xb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
        except OSError as error:
            self._file.unlink(missing_ok=True)
            _LOG.warning("no reserve in %s: %s", self._file, error.strerror)

    def give(self) -> bool:
        """Give the room back to the disk; whether there was any.

        It is `given` until it is set aside again.
        """
        with self._changing:
            if not (held := self._held()):
                return False
            self._file.unlink()
            self.given = True
        _LOG.warning("the reserve of %d MB was given up for a checkpoint", held >> 20)
        return True
