"""Housekeeping of the database, done by the writer's thread when it is due.

Nothing here changes what a read answers.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.store.statements import statement

if TYPE_CHECKING:
    from memory_service.store.connection import Database, Session

_LOG = logging.getLogger(__name__)

_RUNS = "posting_runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeLimits:
    """When housekeeping is due: so many dead versions, fresh postings, sorted runs."""

    dead: int
    fresh: int
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    purge: bool
    merge: bool
    rewrite: bool


def tidy(database: Database, *, receipts_since: int, limits: MergeLimits) -> bool:
    """Remove dead rows and merge the index as far as due; whether something was done.

    Args:
        database: The store.
        receipts_since: An instant; receipts up to it go when something is done anyway.
        limits: From when on it is due.
    """
    due = _due(database, limits)
    if not (due.purge or due.merge):
        return False
    with database.transaction() as session:
        session.execute(statement("purge_receipts"), {"since": receipts_since})
        if due.purge:
            _purge(session)
        if due.merge:
            _merge(session, rewrite=due.rewrite)
    _LOG.info("tidied the store: purge %s, merge %s, rewrite %s", due.purge, due.merge, due.rewrite)
    return True


def _due(database: Database, limits: MergeLimits) -> _Due:
    dead, fresh, dropped = database.rows(statement("count_dead"))[0]
    return _Due(
        purge=dead >= limits.dead or dropped > 0,
        merge=fresh >= limits.fresh,
        rewrite=_runs(database) + 1 > limits.runs,
    )


def _runs(source: Database | Session) -> int:
    return int(dict(source.rows(statement("read_meta"))).get(_RUNS, "0"))


def _purge(session: Session) -> None:
    session.execute(statement("bury_dropped"))
    session.execute(statement("note_purge"))
    for table in ("postings", "fresh", "vectors", "entries", "tombstones"):
        session.execute(statement(f"purge_{table}"))


def _merge(session: Session, *, rewrite: bool) -> None:
    session.execute(statement("add_run"))
    session.execute(statement("clear_fresh"))
    runs = _runs(session) + 1
    if rewrite:
        for step in ("sort_postings", "clear_postings", "take_sorted", "drop_sorted"):
            session.execute(statement(step))
        runs = 1
    session.execute(statement("add_meta"), {"key": _RUNS, "value": str(runs)})
