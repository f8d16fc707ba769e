"""A store that failed for good ends the process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from memory_service.api.ending import EXIT_CODE, Ending
from memory_service.api.service import Readiness
from memory_service.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    import pytest


def test_it_is_not_ready_at_once_and_ends_when_calls_had_time_to_be_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    readiness, later, left = Readiness(), list[Callable[[], object]](), list[int]()
    ending = Ending(readiness, later=later.append, leave=left.append)

    ending.store_failed("a sync failed")
    waiting = (bool(readiness), list(left))
    for each in later:
        each()

    assert waiting == (False, [])
    assert left == [EXIT_CODE] == [ExitCode.STORE_FAILED]
    assert "a sync failed" in caplog.text
