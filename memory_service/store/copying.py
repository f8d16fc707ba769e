"""The store once more, in a file of its own, while writes and reads go on.

Rows are only ever appended, so what came after a copy is what has a larger number; rows that go
meanwhile show in a count.  DuckDB's own copy would do for a backup, but not for what must catch up
with the writes that came in between.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.model.keeping import StoreCounts
from memory_service.model.position import Position
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory_service.store.connection import Session

#: The column by which a large table grows.  Every other table is small, and copied anew.
#: A switch of models meanwhile shows in the count of `next_vector`, of which it leaves nothing.
_GROWS_BY = {
    "change": "seq",
    "entry": "seq",
    "vector": "seq",
    "next_vector": "seq",
    "posting": "seq",
    "tombstone": "died",
    "history": "died",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy holds of the log."""

    position: Position
    counts: StoreCounts


def copy_all(session: Session) -> Copied:
    """Copy every row there is at one instant."""
    with _transaction(session):
        for table in _make_tables(session):
            session.execute(_of(table, "copy_rows"))
    return copied(session)


def copied(session: Session) -> Copied:
    """What the copy holds by now."""
    rows = session.rows(statement("select_copied_position"))
    entries, changes, namespaces, vectors = session.rows(statement("count_copied"))[0]
    return Copied(
        position=_position(rows),
        counts=StoreCounts(
            entries=entries, changes=changes, namespaces=namespaces, vectors=vectors
        ),
    )


def copy_most(session: Session) -> int:
    """Copy the rows of the large tables; up to which change the copy goes."""
    with _transaction(session):
        tables = _make_tables(session)
        for table in _GROWS_BY:
            if table in tables:
                session.execute(_of(table, "copy_rows"))
    session.execute("CHECKPOINT copy")
    return copied(session).position.seq


def catch_up(session: Session, upto: int) -> bool:
    """Copy what came after the change *upto*, and the small tables, while nobody writes.

    Returns:
        Whether the copy is now the same; not so if rows up to *upto* have gone meanwhile.
    """
    with _transaction(session):
        if not all(_complete(session, table, column, upto) for table, column in _GROWS_BY.items()):
            return False
        for table in _tables(session):
            column = _GROWS_BY.get(table)
            if column is None:
                session.execute(_of(table, "copy_rows"))
            else:
                sql = _of(table, "copy_rows_after", column)
                session.execute(sql, {"after": upto})
    return True


def _complete(session: Session, table: str, column: str, upto: int) -> bool:
    sql = _of(table, "count_rows_upto", column)
    counts = [
        session.rows(sql.replace("/* catalog */", catalog), {"upto": upto})
        for catalog in ("store", "copy")
    ]
    return counts[0] == counts[1]


@contextmanager
def _transaction(session: Session) -> Iterator[None]:
    """Everything inside sees one state; undone by whoever closes the copy if it raises."""
    session.execute("BEGIN")
    yield
    session.execute("COMMIT")


def _tables(session: Session) -> list[str]:
    return [name for (name,) in session.rows(statement("table_names"))]


def _make_tables(session: Session) -> list[str]:
    tables = _tables(session)
    for table in tables:
        made = statement(f"create_{table}").replace("store.main.", "copy.main.")
        session.execute(made)
    return tables


def _of(table: str, name: str, column: str = "") -> str:
    return statement(name).replace("/* table */", table).replace("/* column */", column)


def _position(rows: list[tuple[int, int, bytes]]) -> Position:
    for epoch, seq, chain in rows:
        return Position(epoch=epoch, seq=seq, chain=bytes(chain))
    return Position(epoch=1, seq=0)
