"""Places where a test may end the process or make it fail; in a normal run they do nothing.

`MEMORY_SERVICE_FAILPOINT=before-commit:crash` ends the process when it gets there, as a power
cut would end it; `before-commit:error:3` raises an error the third time and from then on.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

from memory_service.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    #: Called with every place that is passed.
    Reach = Callable[["Failpoint"], None]


class Failpoint(StrEnum):
    """Where.

    `BEFORE_COMMIT` and `AFTER_COMMIT` stand around the database's commit, `AFTER_DERIVED` where
    the indexes have taken it in, `BEFORE_ANSWER` where readers see it and no caller was told.
    `BEFORE_SAVE` and `AFTER_SAVE` stand around the files of the vectors.
    """

    BEFORE_COMMIT = "before-commit"
    AFTER_COMMIT = "after-commit"
    AFTER_DERIVED = "after-derived"
    BEFORE_ANSWER = "before-answer"
    BEFORE_CHECKPOINT = "before-checkpoint"
    AFTER_CHECKPOINT = "after-checkpoint"
    BEFORE_SAVE = "before-save"
    AFTER_SAVE = "after-save"


def unarmed(_point: Failpoint) -> None:
    """Pass."""


def armed(setting: str) -> Reach:
    """What *setting* asks for: `name:crash` or `name:error`, with `:n` from the n-th time on.

    Empty is `unarmed`.

    Raises:
        ValueError: If it is none of these.
    """
    if not setting:
        return unarmed
    name, action, *times = setting.split(":")
    act = {"crash": _crash, "error": _fail}.get(action)
    first = int(times[0]) if times else 1
    if act is None or len(times) > 1 or first < 1:
        raise ValueError(setting)
    return _from_time(Failpoint(name), act, first)


def _from_time(place: Failpoint, act: Reach, first: int) -> Reach:
    passed = count(1)

    def reach(point: Failpoint) -> None:
        if point is place and next(passed) >= first:
            act(point)

    return reach


def _crash(_point: Failpoint) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(point: Failpoint) -> None:
    raise StorageError(f"The failpoint {point} is set to fail; unset MEMORY_SERVICE_FAILPOINT.")
