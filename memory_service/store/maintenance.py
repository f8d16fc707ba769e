"""Housekeeping of the database, done by the writer's thread when it is due.

Nothing here changes what a read answers.  Removing the rows of a few hundred dead versions takes
as long as looking through the postings (65 ms where there are 20 million); nothing is rewritten.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from memory_service.store.statements import statement

if TYPE_CHECKING:
    from memory_service.store.connection import Database

_LOG = logging.getLogger(__name__)


def tidy(database: Database, *, receipts_since: int, most_dead: int) -> bool:
    """Remove dead rows if there are enough of them; whether it was done.

    Args:
        database: The store.
        receipts_since: An instant; receipts up to it are dead.
        most_dead: From how many dead versions, or dead receipts, on.  A namespace that was dropped
            is enough.
    """
    dead = database.rows(statement("count_dead"), {"since": receipts_since})
    versions, receipts, dropped = dead[0]
    if max(versions, receipts) < most_dead and not dropped:
        return False
    with database.transaction() as session:
        session.execute(statement("purge_receipts"), {"since": receipts_since})
        session.execute(statement("bury_dropped"))
        session.execute(statement("note_purge"))
        for table in ("postings", "vectors", "next_vectors", "entries", "tombstones"):
            session.execute(statement(f"purge_{table}"))
    _LOG.info("removed %d dead versions and %d receipts", versions, receipts)
    return True
