"""What taking back a forget does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.model.read import ChangeKind
from memory_service.model.write import Outcome, OutcomeStatus, Put
from memory_service.store.catalogue.slot import Slot
from memory_service.store.payload import instant
from memory_service.store.plan_entry import Told, remove, seen, store, taken

if TYPE_CHECKING:
    from datetime import datetime

    from memory_service.store.history import Forgotten
    from memory_service.store.making import Making
    from memory_service.store.stage import Stage


def restore(  # what a write is planned with, and what it brings back
    making: Making,
    stage: Stage,
    name: str,
    id: str,
    forgotten: Forgotten | None,
    now: datetime,
) -> Outcome:
    """Bring back what was forgotten, see `Restore`; `MISSING` when nothing of it is kept.

    It is `MISSING` too while a write that is not committed yet has to do with the id.
    """
    shelf = stage.shelf(name)
    held = shelf.find(id) if shelf else None
    if held and not held.expired(instant(now)):
        return taken(held)
    if shelf is None or forgotten is None or shelf.touched(id):
        return Outcome(status=OutcomeStatus.MISSING, id=id)
    if held:
        remove(stage, name, held, ChangeKind.EXPIRE, now)
    told = Told.of(Put(draft=forgotten.draft, passages=forgotten.passages or None))
    slot = store(making, stage, name, told, _before(forgotten, told), now, ChangeKind.RESTORE)
    return seen(OutcomeStatus.RESTORED, slot, ())


def _before(forgotten: Forgotten, told: Told) -> Slot:
    """The version that was forgotten, as if it stood there still."""
    return Slot(
        id=forgotten.draft.id,
        ordinal=0,
        first_seq=forgotten.first_seq,
        last_seq=forgotten.died,
        version=forgotten.version,
        content_hash=told.content_hash,
        draft_hash=told.draft_hash,
        length=0,
        created_at=forgotten.created_at,
        expires_at=None,
        passages=0,
    )
