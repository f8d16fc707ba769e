"""Earlier versions of entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from memory_service.model.position import Position

if TYPE_CHECKING:
    from memory_service.model.entry import Entry

#: A moment of the past: right after a change, or a time, which stands for the last change made
#: at it or before.
AsOf = Position | datetime


class Ended(StrEnum):
    """Why a version is no more."""

    REPLACED = "replaced"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An entry as it was until a time; `until` and `ended` are `None` for the one that is there."""

    entry: Entry
    until: datetime | None = None
    ended: Ended | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How much of the past may be asked for.

    Of an entry that is there, the last `versions` before it.  One that a caller forgot can be
    taken back for `undo_hours`, and until then has its earlier versions too.  Of an entry that
    has expired, or whose namespace was dropped, nothing.
    """

    versions: int = 10
    undo_hours: float = 24.0
