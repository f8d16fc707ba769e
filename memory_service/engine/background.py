"""A thread that does one thing again and again until it is told to stop."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Chore(Protocol):
    """Something to do in the background.  Only one thread calls it."""

    @property
    def name(self) -> str:
        """What the thread and its log lines are called."""
        ...

    def run_once(self) -> float | None:
        """Do what is due; seconds until it is worth coming back, `None` for when it is woken."""
        ...

    def failed(self) -> float:
        """Note that `run_once` raised; seconds until the next try."""
        ...


class Background:
    """Runs a chore in a thread of its own.

    A chore that raises is logged, reported by `error`, and tried again after the wait that it
    names itself.

    Args:
        chore: What to do.
        wait: Waits for the event at most so many seconds; tests hand in their own.
    """

    def __init__(
        self,
        chore: Chore,
        *,
        wait: Callable[[threading.Event, float | None], bool] = threading.Event.wait,
    ) -> None:
        self._chore = chore
        self._wait = wait
        self._woken = threading.Event()
        self._stopping = False
        self._error = ""
        self._thread: threading.Thread | None = None

    @property
    def error(self) -> str:
        """What the last run failed with; empty when it went well."""
        return self._error

    def start(self) -> None:
        """Begin, with a first run at once."""
        self._thread = threading.Thread(target=self.run, name=self._chore.name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Do not wait any longer for the next run."""
        self._woken.set()

    def nudge(self) -> None:
        """The same, unless it waits after a failure: then that wait stands."""
        if not self._error:
            self.wake()

    def stop(self) -> None:
        """Finish the run under way and end; returns when the thread has ended."""
        self._stopping = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()

    def run(self) -> None:
        """The thread's body."""
        while not self._stopping:
            seconds = self._run_once()
            self._wait(self._woken, seconds)
            self._woken.clear()

    def _run_once(self) -> float | None:
        try:
            seconds = self._chore.run_once()
        except Exception as error:  # noqa: BLE001  # the thread's boundary; status shows it
            # The type alone: a message may quote an entry.
            self._error = f"{self._chore.name}: {type(error).__name__}"
            _log.warning("%s failed: %s", self._chore.name, type(error).__name__)
            return self._chore.failed()
        self._error = ""
        return seconds
