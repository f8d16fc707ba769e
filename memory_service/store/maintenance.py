"""Housekeeping of the database, done by the writer's thread when it is due.

Nothing here changes what a read answers.  Removing the rows of a few hundred dead versions takes
as long as looking through the postings (65 ms where there are 20 million); nothing is rewritten.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from memory_service.store.history_keeping import move_dead
from memory_service.store.payload import instant
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from datetime import datetime

    from memory_service.model.history import Keeping
    from memory_service.store.connection import Database

_LOG = logging.getLogger(__name__)

#: How long dead rows lie among the live ones at most, be they ever so few.
LONGEST = timedelta(hours=1)


def tidy(
    database: Database, *, receipts_since: int, most_dead: int, keeping: Keeping, now: datetime
) -> bool:
    """Remove dead rows if they are many or old enough; whether it was done.

    What may still be asked for is moved to the history.

    Args:
        database: The store.
        receipts_since: An instant; receipts up to it are dead.
        most_dead: From how many dead versions, or dead receipts, on.  A namespace that was dropped
            is enough.
        keeping: How much of the past may be asked for.
        now: The time.
    """
    old = instant(now - LONGEST)
    dead = database.rows(statement("count_dead"), {"since": receipts_since, "old": old})
    versions, receipts, dropped, waited = dead[0]
    if max(versions, receipts) < most_dead and not dropped and not waited:
        return False
    with database.transaction() as session:
        session.execute(statement("purge_receipts"), {"since": receipts_since})
        session.execute(statement("bury_dropped"))
        move_dead(session, keeping, now)
        session.execute(statement("note_purge"))
        for table in ("postings", "vectors", "next_vectors", "entries", "tombstones"):
            session.execute(statement(f"purge_{table}"))
    _LOG.info("removed %d dead versions and %d receipts", versions, receipts)
    return True
