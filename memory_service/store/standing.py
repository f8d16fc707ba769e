"""Whether a store is whole: its log against the head file, and its last changes in themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from memory_service.model.position import BEGINNING
from memory_service.store.chain import first_odd
from memory_service.store.queries import changes_after
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from memory_service.model.position import Position
    from memory_service.store.connection import Database
    from memory_service.store.head import HeadReading, HeadRecord

#: How many of the last changes every start checks.
CHECKED = 256

_REPAIR = (
    "Recalls are answered from what is left, writes are refused. Restore a backup, or stop the "
    "daemon and run `memory-service verify --repair` to go on without it."
)


class DamageKind(StrEnum):
    """What is wrong with a log; stable, for programs."""

    BEHIND = "log_behind_head"
    ANOTHER = "log_differs_from_head"
    BROKEN = "chain_broken"
    HEAD_MISSING = "head_missing"
    HEAD_FOREIGN = "head_of_another_store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What is wrong with a store's log, and what to do.

    `lost` are the first and the last seq of changes that were acknowledged and are gone.
    """

    kind: DamageKind
    what: str
    lost: tuple[int, int] | None = None

    @property
    def detail(self) -> str:
        """For a person."""
        return f"{self.what} {_REPAIR}"


def damage_of(
    database: Database, head: HeadReading, *, position: Position, cluster_id: str, had_head: bool
) -> Damage | None:
    """What is wrong with the log of a store at *position*; `None` if nothing is.

    The log may be ahead of the head: the process was killed between the two.

    Args:
        database: The store.
        head: What its head file says.
        position: Of its last change.
        cluster_id: Its name.
        had_head: Whether it is known to have had a head file.
    """
    if head.newest is None:
        return _missing(head) if had_head else _broken(database, position)
    if head.newest.cluster_id != cluster_id:
        return Damage(kind=DamageKind.HEAD_FOREIGN, what="The head file belongs to another store.")
    return _against(database, head.newest, position) or _broken(database, position)


def numbered(first: int, last: int) -> str:
    """`change 3 is`, `changes 3 to 5 are`."""
    return f"change {first} is" if first == last else f"changes {first} to {last} are"


def _missing(head: HeadReading) -> Damage:
    what = "is damaged throughout" if head.there else "is gone"
    return Damage(
        kind=DamageKind.HEAD_MISSING,
        what=f"The head file {what}, so whether the log is whole cannot be told.",
    )


def _against(database: Database, head: HeadRecord, position: Position) -> Damage | None:
    wanted = head.position
    if wanted.seq > position.seq:
        return Damage(
            kind=DamageKind.BEHIND,
            what=(
                f"The log ends at {position.seq}, but changes up to {wanted.seq} were "
                f"acknowledged: {numbered(position.seq + 1, wanted.seq)} lost."
            ),
            lost=(position.seq + 1, wanted.seq),
        )
    rows = database.rows(statement("select_chain"), {"seq": wanted.seq})
    chain = "".join(found for (found,) in rows) if wanted.seq else BEGINNING.chain.hex()
    if chain != wanted.chain.hex():
        return Damage(
            kind=DamageKind.ANOTHER,
            what=f"The log has another change {wanted.seq} than the one that was acknowledged.",
        )
    return None


def _broken(database: Database, position: Position) -> Damage | None:
    start = max(0, position.seq - CHECKED)
    changes = changes_after(database, start, CHECKED)
    broken = first_odd(changes, BEGINNING if not start else None)
    if broken is None:
        return None
    return Damage(
        kind=DamageKind.BROKEN,
        what=f"Change {broken} does not follow from the change before it.",
    )
