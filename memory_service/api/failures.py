"""When a request ends before its work: by a fault of ours, or because the service stops."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from memory_service.errors import NotReadyError

if TYPE_CHECKING:
    import logging


def stopping() -> NotReadyError:
    """What a request gets that the server cancels: it does so when its time to stop is over."""
    return NotReadyError("The service is stopping; try again once it runs.")


def log_failure(log: logging.Logger, error: BaseException, request_id: str) -> None:
    """Log the kinds of *error* and its causes and the lines they came from.

    The messages are left out: an error from below may quote an entry's text.
    """
    parts = []
    seen: BaseException | None = error
    while seen is not None:
        frames = "".join(traceback.format_tb(seen.__traceback__))
        parts.append(f"{type(seen).__module__}.{type(seen).__qualname__}\n{frames}")
        seen = seen.__cause__ or seen.__context__
    log.error("request %s failed: %s", request_id, "caused by ".join(parts))
