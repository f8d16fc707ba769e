"""What putting, forgetting and late vectors do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from memory_service.errors import IdTakenError, VersionConflictError
from memory_service.model.entry import Entry, contextual_key
from memory_service.model.expiry import EXPIRY_DAYS, days_of
from memory_service.model.read import ChangeKind
from memory_service.model.write import ForgetReason, OnConflict, Outcome, OutcomeStatus
from memory_service.store.catalogue.slot import Slot, traits_of
from memory_service.store.chain import NO_NONCE, NONCE_BYTES, payload_digest
from memory_service.store.payload import (
    NOTHING,
    draft_payload,
    from_instant,
    instant,
    put_payload,
    vectors_payload,
)
from memory_service.store.plan_namespace import opened
from memory_service.store.records import (
    EntryRow,
    PurgeRow,
    SlotChanged,
    SlotGone,
    SlotPut,
    TombstoneRow,
    VectorsRow,
)

if TYPE_CHECKING:
    from datetime import datetime

    from memory_service.model.write import AddVectors, Forget, Passage, Put
    from memory_service.store.making import Making
    from memory_service.store.stage import Stage, StagedShelf


def put(making: Making, stage: Stage, name: str, put: Put, now: datetime) -> Outcome:
    """Store an entry, or say why not; see `OnConflict` and `OutcomeStatus`.

    An entry that has expired counts as not there; its sweep is done on the way.  One without
    `expires_at` gets the namespace's default for its kind.
    """
    coming = making.spaces.of_coming(put.passages)
    put = replace(put, passages=making.spaces.of_serving(put.passages) or None)
    told = Told.of(put)
    held, twins = _held(stage, name, told, instant(now))
    current = held if held and not held.expired(instant(now)) else None
    told = _expiring(stage, name, told, current, now)
    settled = _settled(told, current, twins)
    if settled:
        return settled
    if held and not current:
        remove(stage, name, held, ChangeKind.EXPIRE, now)
    slot = store(making, stage, name, told, current, now)
    if current:
        _bury(stage, name, current, slot.ordinal)
    if coming:
        _add_next(making, stage, name, slot, coming, now)
    return seen(_status(put, current), slot, twins)


def _bury(stage: Stage, name: str, slot: Slot, died: int) -> None:
    stage.rows.tombstones.append(TombstoneRow(_there(stage, name).number, slot.ordinal, died))


@dataclass(frozen=True, slots=True)
class Told:
    """A put, its draft as the chain knows it, and the hashes of what it says."""

    put: Put
    payload: bytes
    content_hash: bytes
    draft_hash: bytes

    @classmethod
    def of(cls, put: Put) -> Told:
        """What is known of a put before it is decided."""
        payload = draft_payload(put.draft)
        return cls(put, payload, put.draft.content_hash(), hashlib.sha256(payload).digest())

    def until(self, expires_at: datetime) -> Told:
        """The same with an expiry."""
        draft = replace(self.put.draft, expires_at=expires_at)
        return Told.of(replace(self.put, draft=draft))


def _expiring(stage: Stage, name: str, told: Told, current: Slot | None, now: datetime) -> Told:
    """The put with the expiry it gets by its kind; the one it has, if it is what is there."""
    shelf, draft = stage.shelf(name), told.put.draft
    if shelf is None or draft.kind is None or EXPIRY_DAYS not in shelf.settings:
        return told
    days = days_of(shelf.settings[EXPIRY_DAYS]).get(draft.kind)
    if days is None or draft.expires_at is not None:
        return told
    if current and current.expires_at is not None:
        same = told.until(from_instant(current.expires_at))
        if same.draft_hash == current.draft_hash:
            return same
    return told.until(now + timedelta(days=days))


def _held(stage: Stage, name: str, told: Told, now: int) -> tuple[Slot | None, tuple[Slot, ...]]:
    """What holds the id, and what else says the same, oldest first."""
    shelf, put = stage.shelf(name), told.put
    if shelf is None:
        return None, ()
    same = shelf.twins(told.content_hash)
    others = [slot for slot in same if slot.id != put.draft.id and not slot.expired(now)]
    others.sort(key=lambda slot: slot.first_seq)
    return shelf.find(put.draft.id), tuple(others)


def _settled(told: Told, current: Slot | None, twins: tuple[Slot, ...]) -> Outcome | None:
    """The outcome when nothing is to be written."""
    put = told.put
    version = current.version if current else 0
    if put.if_version is not None and put.if_version != version:
        return _conflict(put.draft.id, version, put.if_version)
    if current and current.draft_hash == told.draft_hash:
        return seen(OutcomeStatus.DUPLICATE, current, twins)
    if current and not put.if_version and put.on_conflict is OnConflict.KEEP:
        return seen(OutcomeStatus.KEPT, current, ())
    if current and not put.if_version and put.on_conflict is OnConflict.ERROR:
        return taken(current)
    if not current and put.collapse and twins:
        return seen(OutcomeStatus.DUPLICATE, twins[0], twins)
    return None


def _status(put: Put, current: Slot | None) -> OutcomeStatus:
    if current is None:
        return OutcomeStatus.CREATED
    return OutcomeStatus.UPDATED if put.if_version else OutcomeStatus.REPLACED


def store(  # all that a version is made of
    making: Making,
    stage: Stage,
    name: str,
    told: Told,
    before: Slot | None,
    now: datetime,
    kind: ChangeKind = ChangeKind.PUT,
) -> Slot:
    """Write a version, the next one of the life that *before* is of."""
    put, shelf = told.put, opened(stage, name, making.default_language)
    entry = _entry(stage.next_seq, name, put, before, now)
    nonce = making.token(NONCE_BYTES)
    digest = payload_digest(nonce, put_payload(entry, told.payload, put.passages or ()))
    terms = making.analyser(shelf.settings["language"]).index_terms(contextual_key(put.draft).text)
    slot = _slot(entry, told, before, len(terms))
    previous = before.last_seq if before else 0
    seq = stage.change(kind, shelf, now=now, digest=digest, id=slot.id, previous=previous)
    stage.rows.entries.append(EntryRow(shelf.number, entry, slot, nonce, tuple(terms)))
    if put.passages:
        row = VectorsRow(shelf.number, seq, seq, nonce, put.passages)
        stage.rows.vectors.append(row)
    stage.do(SlotPut(name, slot, traits_of(entry)))
    return slot


def _entry(seq: int, name: str, put: Put, current: Slot | None, now: datetime) -> Entry:
    created = from_instant(current.created_at) if current else put.created_at or now
    return Entry(
        namespace=name,
        draft=put.draft,
        ordinal=seq,
        version=current.version + 1 if current else 1,
        created_at=created,
        updated_at=now,
        embedded=bool(put.passages),
    )


def _slot(entry: Entry, told: Told, current: Slot | None, length: int) -> Slot:
    expires_at = entry.draft.expires_at
    return Slot(
        id=entry.id,
        ordinal=entry.ordinal,
        first_seq=current.first_seq if current else entry.ordinal,
        last_seq=entry.ordinal,
        version=entry.version,
        content_hash=told.content_hash,
        draft_hash=told.draft_hash,
        length=length,
        created_at=instant(entry.created_at),
        expires_at=None if expires_at is None else instant(expires_at),
        passages=len(told.put.passages or ()),
    )


def forget(stage: Stage, name: str, forget: Forget, now: datetime) -> Outcome:
    """Forget an entry; a sweep takes it only when it has expired, a caller only when not."""
    shelf = stage.shelf(name)
    slot = shelf.find(forget.id) if shelf else None
    sweep = forget.reason is ForgetReason.EXPIRED
    if slot and slot.expired(instant(now)) is not sweep:
        slot = None
    version = slot.version if slot else 0
    if forget.if_version is not None and forget.if_version != version:
        return _conflict(forget.id, version, forget.if_version)
    if shelf and forget.purge:
        row = PurgeRow(shelf.number, forget.id, stage.next_seq)
        stage.rows.purged.append(row)
    if slot is None:
        return Outcome(status=OutcomeStatus.MISSING, id=forget.id)
    remove(stage, name, slot, _kind_of(forget), now)
    return Outcome(status=OutcomeStatus.FORGOTTEN, id=slot.id, version=slot.version)


def _kind_of(forget: Forget) -> ChangeKind:
    if forget.purge:
        return ChangeKind.PURGE
    return ChangeKind.EXPIRE if forget.reason is ForgetReason.EXPIRED else ChangeKind.FORGET


def remove(stage: Stage, name: str, slot: Slot, kind: ChangeKind, now: datetime) -> None:
    """Take an entry out."""
    shelf = _there(stage, name)
    digest = payload_digest(NO_NONCE, NOTHING)
    died = stage.change(kind, shelf, now=now, digest=digest, id=slot.id, previous=slot.last_seq)
    _bury(stage, name, slot, died)
    stage.do(SlotGone(name, slot.id))


def add_vectors(making: Making, stage: Stage, name: str, add: AddVectors, now: datetime) -> Outcome:
    """Give a waiting entry its vectors: of the model that serves, of the one to come, or both."""
    shelf = stage.shelf(name)
    slot = shelf.at(add.ordinal) if shelf else None
    serving, coming = making.spaces.of_serving(add.passages), making.spaces.of_coming(add.passages)
    missing = slot is not None and not slot.embedded and bool(serving)
    wanted = slot is not None and bool(coming) and making.spaces.wants(slot.ordinal)
    if slot is None or not (missing or wanted):
        return Outcome(status=OutcomeStatus.MISSING, id="")
    if wanted:
        _add_next(making, stage, name, slot, coming, now)
    if missing:
        row = _vectors_row(making, stage, name, slot, serving, now, ChangeKind.VECTORS)
        stage.rows.vectors.append(row)
        slot = replace(slot, last_seq=row.seq, passages=len(serving))
        stage.do(SlotChanged(name, slot))
    return seen(OutcomeStatus.UPDATED, slot, ())


def _add_next(
    making: Making, stage: Stage, name: str, slot: Slot, coming: tuple[Passage, ...], now: datetime
) -> None:
    row = _vectors_row(making, stage, name, slot, coming, now, ChangeKind.NEXT_VECTORS)
    stage.rows.next_vectors.append(row)


def _vectors_row(
    making: Making,
    stage: Stage,
    name: str,
    slot: Slot,
    passages: tuple[Passage, ...],
    now: datetime,
    kind: ChangeKind,
) -> VectorsRow:
    shelf, nonce = _there(stage, name), making.token(NONCE_BYTES)
    digest = payload_digest(nonce, vectors_payload(passages))
    seq = stage.change(kind, shelf, now=now, digest=digest, id=slot.id, previous=slot.last_seq)
    return VectorsRow(shelf.number, seq, slot.ordinal, nonce, passages)


def _there(stage: Stage, name: str) -> StagedShelf:
    shelf = stage.shelf(name)
    if shelf is None:
        raise LookupError(name)
    return shelf


def seen(status: OutcomeStatus, slot: Slot, twins: tuple[Slot, ...]) -> Outcome:
    """The outcome of a version that is there."""
    return Outcome(
        status=status,
        id=slot.id,
        version=slot.version,
        embedded=slot.embedded,
        duplicate_of=tuple(twin.id for twin in twins),
    )


def _conflict(id: str, version: int, asked: int) -> Outcome:
    there = f"is at version {version}" if version else "does not exist"
    return Outcome(
        status=OutcomeStatus.REJECTED,
        id=id,
        version=version,
        error_code=VersionConflictError.code,
        error_detail=f"The entry {there}, not at version {asked}; read it again, then decide.",
    )


def taken(slot: Slot) -> Outcome:
    """The refusal of an id that holds something else."""
    return Outcome(
        status=OutcomeStatus.REJECTED,
        id=slot.id,
        version=slot.version,
        error_code=IdTakenError.code,
        error_detail=(
            f"The id holds other content at version {slot.version}; choose another id, or "
            "say on_conflict=replace or keep."
        ),
        error_field="/id",
    )
