"""The background loop: failures, rests, wake-ups and the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from memory_service.engine.background import Background
from memory_service.engine.engine import MemoryEngine
from memory_service.errors import StorageError, UnavailableError
from tests.support.engines import a_bench
from tests.support.ranking import engine_options

if TYPE_CHECKING:
    import threading


class _Chore:
    """Fails as often as told, then stops its own loop."""

    name = "chore"

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.runs = 0

    def run_once(self) -> float | None:
        self.runs += 1
        if self.runs <= self.failures:
            raise UnavailableError("the text of somebody's entry")
        return None

    def failed(self) -> float:
        return 7.0


def test_a_failing_chore_is_reported_waited_for_and_run_again() -> None:
    chore = _Chore(failures=2)
    seen: list[tuple[float | None, str]] = []

    def wait(_: threading.Event, seconds: float | None) -> bool:
        seen.append((seconds, loop.error))
        if seconds is None:
            loop.stop()
        return True

    loop = Background(chore, wait=wait)
    loop.run()

    failed = (7.0, "chore: UnavailableError")
    assert seen == [failed, failed, (None, "")]


def test_a_loop_that_was_woken_comes_to_rest_again() -> None:
    woken_at_wait: list[bool] = []

    def wait(woken: threading.Event, _: float | None) -> bool:
        woken_at_wait.append(woken.is_set())
        if len(woken_at_wait) == 2:
            loop.stop()
        return True

    loop = Background(_Chore(failures=0), wait=wait)
    loop.wake()
    loop.run()

    assert woken_at_wait == [True, False]


def test_a_nudge_ends_a_rest_but_not_the_wait_after_a_failure() -> None:
    woken_at_wait: list[bool] = []

    def wait(woken: threading.Event, _: float | None) -> bool:
        loop.nudge()
        woken_at_wait.append(woken.is_set())
        if len(woken_at_wait) == 2:
            loop.stop()
        return True

    loop = Background(_Chore(failures=1), wait=wait)
    loop.run()

    assert woken_at_wait == [False, True]


def test_closing_closes_everything_even_if_the_backend_cannot_finish() -> None:
    bench = a_bench()
    closed: list[str] = []
    engine = MemoryEngine(
        backend=_Failing(closed),  # type: ignore[arg-type]  # all of a backend that closing uses
        embedder=bench.embedder,
        model=bench.engine.status().model,
        floor=None,
        options=engine_options(),
        clock=bench.clock,
        new_id=str,
        on_closed=lambda: closed.append("lock"),
    )

    with pytest.raises(StorageError):
        engine.close()

    assert closed == ["backend", "lock"]
    with pytest.raises(UnavailableError):
        bench.embedder.embed(["x"])


class _Failing:
    """A backend that cannot write its last checkpoint."""

    def __init__(self, closed: list[str]) -> None:
        self._closed = closed

    def close(self) -> None:
        self._closed.append("backend")
        raise StorageError("the disk went away")
