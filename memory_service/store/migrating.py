"""From the tables of an earlier version to those of this one.

Each step is one transaction, which also notes the version it leads to: after a crash the store is
at one version or at the next, and the next start goes on from there.  No step touches the log, so
positions and chain stay what they were.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.store.connection import Database

_LOG = logging.getLogger(__name__)

#: Raised with every change of the tables, together with a step in `MIGRATIONS`.
SCHEMA_VERSION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """Leads to version `to` from the one before it, by statements in order; `what` is logged."""

    to: int
    what: str
    statements: tuple[str, ...]


#: Every step there is, in order.
MIGRATIONS = (
    Migration(
        to=2,
        what="the postings into one table, as written",
        statements=(
            "set_aside_postings",
            "create_posting",
            "join_postings",
            "drop_postings_by_term",
            "drop_fresh_postings",
        ),
    ),
    Migration(
        to=3,
        what="tables for earlier versions of entries and for the vectors of a model to come",
        statements=("create_history", "create_history_vector", "create_next_vector"),
    ),
)

#: The earliest version that can be carried over.
EARLIEST = MIGRATIONS[0].to - 1


def migrate(database: Database, found: int, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the tables from version *found*, at least `EARLIEST`, to the last of *migrations*.

    Raises:
        StorageError: If a step failed; those before it are done, and it has changed nothing.
    """
    due = [step for step in migrations if step.to > found]
    for step in due:
        _LOG.info("the store goes from schema %d to %d: %s", step.to - 1, step.to, step.what)
        with database.transaction() as session:
            for name in step.statements:
                session.execute(statement(name))
            session.execute(statement("add_meta"), {"key": "schema", "value": str(step.to)})
    if due:
        database.checkpoint()
        _LOG.info("the store is at schema %d", due[-1].to)
