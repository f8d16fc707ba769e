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

    from memory_service.store.connection import Database

#: Rows that go while the copy is made (a purge, a new index) make it begin again, so often.
_TRIES = 3


def rewrite(
    database: Database,
    fresh: Path,
    *,
    run: Callable[[Callable[[], None]], None],
    reached: Callable[[str], None],
) -> float:
    """Write the file anew; how many seconds no write was taken.

    Args:
        database: The store; nobody but writes may remove rows meanwhile.
        fresh: Where, in the staging folder.
        run: Runs something on the writer's thread, between two commits.
        reached: Called with the name of every stage that is done: `copied`, `caught-up` (the new
            file is whole), `swapped`.

    Raises:
        StorageError: If it cannot be done; the file before stays.
    """
    try:
        for _ in range(_TRIES):
            waited = _once(database, fresh, run, reached)
            if waited is not None:
                return waited
            fresh.unlink()
    finally:
        fresh.unlink(missing_ok=True)
    raise StorageError(
        "Entries were purged again and again while the store was rewritten; nothing was changed. "
        "Run `memory-service compact` when no purge is under way."
    )


def _once(
    database: Database,
    fresh: Path,
    run: Callable[[Callable[[], None]], None],
    reached: Callable[[str], None],
) -> float | None:
    """The seconds that writes waited; `None` if rows went meanwhile, and nothing was done."""
    waits: list[float] = []
    with ExitStack() as copy:
        session = copy.enter_context(database.copying(fresh))
        upto = copy_most(session)
        reached("copied")

        def finish() -> None:
            begun = time.perf_counter()
            if catch_up(session, upto):
                copy.close()
                reached("caught-up")
                database.replace_by(fresh)
                reached("swapped")
                waits.append(time.perf_counter() - begun)

        run(finish)
    return waits[0] if waits else None
