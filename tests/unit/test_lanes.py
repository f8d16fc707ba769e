"""Work that nobody waits for any more is not begun."""

from __future__ import annotations

import asyncio

import pytest

from memory_service.api.lanes import Deadline, Lane
from memory_service.errors import DeadlineExceededError


def run(now: float) -> list[str]:
    """What was done *now* seconds after a caller came who waits for five."""
    done: list[str] = []
    lane = Lane("tests", 1)
    deadline = Deadline(monotonic=lambda: now, started=0.0, seconds=5.0)
    try:
        asyncio.run(lane.run(lambda: done.append("work"), deadline))
    except DeadlineExceededError:
        done.append("refused")
    lane.close()
    return done


@pytest.mark.parametrize(("now", "done"), [(4.0, ["work"]), (5.0, ["refused"]), (6.0, ["refused"])])
def test_work_is_begun_only_before_the_deadline(now: float, done: list[str]) -> None:
    assert run(now) == done
