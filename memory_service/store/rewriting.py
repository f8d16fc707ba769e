"""The database file written anew, without what is no more, while writes and reads go on.

DuckDB reuses freed blocks but does not overwrite them, so only a new file is free of what was
deleted.  The rows are copied at one instant; between two writes comes what was written since, and
the new file takes the old one's name.  A kill before that rename leaves the old file whole, and one
after it the new.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from memory_service.errors import StorageError
from memory_service.store.copying import catch_up, copy_most

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.store.connection import Database, Session

#: Rows that go while the copy is made (a purge, a new index) make it begin again, so often.
_TRIES = 3


def rewrite(database: Database, fresh: Path, *, run: Callable[[Callable[[], None]], None]) -> float:
    """Write the file anew; how many seconds no write was taken.

    Args:
        database: The store; nobody but writes may remove rows meanwhile.
        fresh: Where, in the staging folder.
        run: Runs something on the writer's thread, between two commits.

    Raises:
        StorageError: If it cannot be done; the file before stays.
    """
    for _ in range(_TRIES):
        waited = _once(database, fresh, run)
        if waited is not None:
            return waited
    raise StorageError(
        "Entries were purged again and again while the store was rewritten; nothing was changed. "
        "Run `memory-service compact` when no purge is under way."
    )


def _once(
    database: Database, fresh: Path, run: Callable[[Callable[[], None]], None]
) -> float | None:
    """The seconds that writes waited; `None` if rows went meanwhile, and nothing was done."""
    waits: list[float] = []
    with ExitStack() as copy:
        session = copy.enter_context(database.copying(fresh))
        upto = copy_most(session)
        run(lambda: waits.extend(_finished(database, fresh, session, upto, copy)))
    if not waits:
        fresh.unlink(missing_ok=True)
    return waits[0] if waits else None


def _finished(
    database: Database, fresh: Path, session: Session, upto: int, copy: ExitStack
) -> list[float]:
    """Catch up and swap, while nobody writes; the seconds it took, or nothing."""
    begun = time.perf_counter()
    if not catch_up(session, upto):
        return []
    copy.close()
    database.replace_by(fresh)
    return [time.perf_counter() - begun]
