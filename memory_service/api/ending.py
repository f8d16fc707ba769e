"""What happens when the store fails for good: the node is not ready, says why, and ends."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.api.service import Readiness

#: How a process ends whose store failed; `docs/cli.md` and the command line name it as well.
EXIT_CODE = 70
#: How long calls under way have to get their refusals, in seconds.
_LAST_ANSWERS = 0.5

_log = logging.getLogger(__name__)


def _later(end: Callable[[], object]) -> None:
    timer = threading.Timer(_LAST_ANSWERS, end)
    timer.daemon = True
    timer.start()


class Ending:
    """Ends the process once; nothing is saved, for memory may be ahead of the disk.

    Args:
        readiness: Withdrawn at once.
        later: Calls what it is given when calls under way had time to be answered.
        leave: Leaves the process with an exit code, whatever its threads do.
    """

    def __init__(
        self,
        readiness: Readiness,
        *,
        later: Callable[[Callable[[], object]], None] = _later,
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        self._readiness = readiness
        self._later = later
        self._leave = leave

    def store_failed(self, reason: str) -> None:
        """Take no more requests, and end with code 70 in half a second."""
        self._readiness.withdraw()
        _log.critical(
            "%s: nothing more is acknowledged, and this process ends with code %d; what was "
            "acknowledged is in the store. Look after the disk, then start again.",
            reason,
            EXIT_CODE,
        )
        self._later(lambda: self._leave(EXIT_CODE))
