"""Keeping versions that are no more, and deleting them for good; on the writer's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.store.history import bounds, versions_sql
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from memory_service.model.history import Keeping
    from memory_service.store.connection import Database, Session

#: Versions deleted in one transaction: a write that comes meanwhile waits for no more.
BATCH = 500


def move_dead(session: Session, keeping: Keeping, now: datetime) -> None:
    """Move what may be asked for from the dead rows, which are removed next."""
    parameters = bounds(keeping, now)
    session.execute(versions_sql("move_versions"), parameters)
    session.execute(versions_sql("move_vectors"), parameters)


def versions_over(database: Database, keeping: Keeping, now: datetime) -> list[int]:
    """Up to `BATCH` moved versions that may no longer be asked for; a read alone, on any thread."""
    return _over(database, "select_over", keeping, now)


def vectors_over(database: Database, keeping: Keeping, now: datetime) -> list[int]:
    """Up to `BATCH` versions with vectors that cannot be taken back any more; likewise."""
    return _over(database, "select_vectors_over", keeping, now)


def _over(database: Database, name: str, keeping: Keeping, now: datetime) -> list[int]:
    if database.rows(statement("count_history")) == [(0,)]:
        return []
    rows = database.rows(versions_sql(name), {**bounds(keeping, now), "limit": BATCH})
    return [ordinal for (ordinal,) in rows]


def delete_versions(database: Database, ordinals: Sequence[int]) -> None:
    """Delete these for good, with their vectors."""
    parameters = {"ordinals": list(ordinals)}
    with database.transaction() as session:
        session.execute(statement("delete_version_vectors"), parameters)
        session.execute(statement("delete_versions"), parameters)


def delete_vectors(database: Database, ordinals: Sequence[int]) -> None:
    """Delete the vectors of these for good."""
    with database.transaction() as session:
        session.execute(statement("delete_version_vectors"), {"ordinals": list(ordinals)})


def purge_history(
    session: Session, *, numbers: Sequence[int], ids: Sequence[str], before: Sequence[int]
) -> None:
    """Delete for good what was moved of these entries, each by its namespace's number and its id.

    It goes as far as the version is older than the change *before*.  Dead rows that were not
    moved yet are with the live ones, and the caller's to delete.
    """
    parameters = {"numbers": list(numbers), "ids": list(ids), "before": list(before)}
    rows = session.rows(statement("select_purged_history"), parameters)
    ordinals = {"ordinals": [ordinal for (ordinal,) in rows]}
    session.execute(statement("delete_version_vectors"), ordinals)
    session.execute(statement("delete_versions"), ordinals)


def drop_past_vectors(session: Session) -> None:
    """Delete the vectors of all that is no more: another model's would stand beside them.

    What is taken back afterwards waits for its vectors as a new entry does.
    """
    session.execute(statement("drop_history_vectors"))
    session.execute(statement("drop_dead_vectors"))
