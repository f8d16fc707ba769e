"""What a `DictBackend` holds, and the plainest reading of what a write does to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from memory_service.errors import InvalidInputError
from memory_service.index.analysis.analyser import Analyser
from memory_service.model.entry import Entry, contextual_key
from memory_service.model.history import Keeping
from memory_service.model.position import GENESIS, Position
from memory_service.model.read import Change, ChangeKind
from memory_service.model.write import (
    AddVectors,
    ConfigureNamespace,
    DropNamespace,
    Forget,
    ForgetReason,
    OnConflict,
    Operation,
    Outcome,
    OutcomeStatus,
    Passage,
    Put,
    Restore,
)
from memory_service.store.chain import NONCE_BYTES, chained, payload_digest
from memory_service.store.payload import (
    NOTHING,
    draft_payload,
    put_payload,
    settings_payload,
    vectors_payload,
)


@dataclass
class Kept:
    """A live entry with what belongs to it."""

    entry: Entry
    first_seq: int
    last_seq: int
    passages: tuple[Passage, ...]
    terms: list[str]


@dataclass(frozen=True)
class Gone:
    """A version that is no more: since which change, when, and by what."""

    kept: Kept
    died: int
    died_at: datetime
    cause: ChangeKind


@dataclass
class Space:
    """A namespace."""

    analyser: Analyser
    settings: dict[str, str]
    kept: dict[str, Kept] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)

    def past(self, now: datetime, keeping: Keeping) -> list[Gone]:
        """The versions that may be asked for, by the plainest reading of `Keeping`."""
        lives: dict[int, list[Gone]] = {}
        for gone in reversed(self.gone):
            lives.setdefault(gone.kept.first_seq, []).append(gone)
        there = {kept.first_seq: kept for kept in self.kept.values()}
        shown: list[Gone] = []
        for first, versions in lives.items():
            if first in there:
                alive = not there[first].entry.expired(now)
                shown += versions[: keeping.versions] if alive else []
            elif undoable(versions[0], now, keeping):
                shown += versions[: keeping.versions + 1]
        return shown

    def forgotten(self, now: datetime, keeping: Keeping) -> dict[str, Gone]:
        """What can be taken back, by id, in the order it was forgotten."""
        there = {kept.first_seq for kept in self.kept.values()}
        found: dict[str, Gone] = {}
        for gone in self.gone:
            if undoable(gone, now, keeping) and gone.kept.first_seq not in there:
                found.pop(gone.kept.entry.id, None)
                found[gone.kept.entry.id] = gone
        taken = {kept.entry.id for kept in self.live(now)}
        return {id: gone for id, gone in found.items() if id not in taken}

    def live(self, now: datetime) -> list[Kept]:
        """What reads may see, as first written."""
        alive = [kept for kept in self.kept.values() if not kept.entry.expired(now)]
        return sorted(alive, key=lambda kept: kept.first_seq)


def undoable(gone: Gone, now: datetime, keeping: Keeping) -> bool:
    """Whether a caller forgot it, it has not expired since, and its grace is not over."""
    grace = timedelta(hours=keeping.undo_hours)
    forgotten = gone.cause is ChangeKind.FORGET and gone.died_at + grace > now
    return forgotten and not gone.kept.entry.expired(now)


@dataclass
class World:
    """Everything."""

    default_language: str = "english"
    keeping: Keeping = field(default_factory=Keeping)
    spaces: dict[str, Space] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    position: Position = field(default_factory=lambda: Position(epoch=1, seq=0, chain=GENESIS))

    def snapshot(self) -> World:
        """A copy that writes to this world do not reach."""
        spaces = {
            name: replace(
                space,
                settings=dict(space.settings),
                gone=list(space.gone),
                kept={id: replace(kept) for id, kept in space.kept.items()},
            )
            for name, space in self.spaces.items()
        }
        return replace(self, spaces=spaces, changes=list(self.changes))

    def change(
        self, kind: ChangeKind, namespace: str, id: str, previous: int, at: datetime, payload: bytes
    ) -> int:
        """Note a change; its seq."""
        seq = self.position.seq + 1
        change = Change(
            position=Position(epoch=self.position.epoch, seq=seq),
            kind=kind,
            namespace=namespace,
            id=id,
            previous=previous,
            at=at.astimezone(UTC),
            digest=payload_digest(bytes(NONCE_BYTES), payload),
        )
        self.changes.append(chained(self.position, change))
        self.position = self.changes[-1].position
        return seq

    def space(self, name: str) -> Space:
        """The namespace, made if it is not there."""
        if name not in self.spaces:
            settings = {"language": self.default_language}
            self.spaces[name] = Space(analyser=Analyser(self.default_language), settings=settings)
        return self.spaces[name]

    def run(self, name: str, operation: Operation, now: datetime) -> Outcome:
        """Do one operation."""
        match operation:
            case Put():
                return self._put(name, operation, now)
            case Forget():
                return self._forget(name, operation, now)
            case Restore():
                return self._restore(name, operation, now)
            case AddVectors():
                return self._add_vectors(name, operation, now)
            case ConfigureNamespace():
                return self._configure(name, operation, now)
            case DropNamespace():
                return self._drop(name, now)

    def _kept(self, name: str, id: str) -> Kept | None:
        space = self.spaces.get(name)
        return space.kept.get(id) if space else None

    def _twins(self, name: str, put: Put, now: datetime) -> list[Kept]:
        space = self.spaces.get(name)
        return [
            kept
            for kept in (space.live(now) if space else [])
            if kept.entry.id != put.draft.id
            and kept.entry.draft.content_hash() == put.draft.content_hash()
        ]

    def _put(self, name: str, put: Put, now: datetime) -> Outcome:
        id, held = put.draft.id, self._kept(name, put.draft.id)
        current = held if held and not held.entry.expired(now) else None
        put = self._expiring(name, put, current, now)
        version = current.entry.version if current else 0
        twins = self._twins(name, put, now)
        others = tuple(kept.entry.id for kept in twins)
        if put.if_version is not None and put.if_version != version:
            return _rejected(id, version, "version_conflict")
        if current and draft_payload(current.entry.draft) == draft_payload(put.draft):
            return _seen(OutcomeStatus.DUPLICATE, current, others)
        if current and not put.if_version and put.on_conflict is OnConflict.KEEP:
            return _seen(OutcomeStatus.KEPT, current, ())
        if current and not put.if_version and put.on_conflict is OnConflict.ERROR:
            return _rejected(id, version, "id_taken")
        if not current and put.collapse and twins:
            return _seen(OutcomeStatus.DUPLICATE, twins[0], others)
        if held and not current:
            self._remove(name, held, ChangeKind.EXPIRE, now)
        status = OutcomeStatus.CREATED
        if current:
            status = OutcomeStatus.UPDATED if put.if_version else OutcomeStatus.REPLACED
        kept = self._store(name, put, current, now)
        if current:
            gone = Gone(current, kept.last_seq, now, ChangeKind.PUT)
            self.spaces[name].gone.append(gone)
        return _seen(status, kept, others)

    def _expiring(self, name: str, put: Put, current: Kept | None, now: datetime) -> Put:
        """With the default of its kind; what is there already, but for that, keeps what it has."""
        settings = self.spaces[name].settings if name in self.spaces else {}
        days = json.loads(settings.get("expiry_days", "{}")).get(put.draft.kind)
        if days is None or put.draft.expires_at is not None:
            return put
        if current and current.entry.draft.expires_at is not None:
            same = replace(put.draft, expires_at=current.entry.draft.expires_at)
            if draft_payload(same) == draft_payload(current.entry.draft):
                return replace(put, draft=same)
        return replace(put, draft=replace(put.draft, expires_at=now + timedelta(days=days)))

    def _restore(self, name: str, restore: Restore, now: datetime) -> Outcome:
        space = self.spaces[name]
        gone = space.forgotten(now, self.keeping).get(restore.id)
        held = self._kept(name, restore.id)
        if held and not held.entry.expired(now):
            return _rejected(restore.id, held.entry.version, "id_taken")
        if gone is None:
            return Outcome(status=OutcomeStatus.MISSING, id=restore.id)
        if held:
            self._remove(name, held, ChangeKind.EXPIRE, now)
        before = replace(gone.kept, last_seq=gone.died)
        put = Put(draft=before.entry.draft, passages=before.passages or None)
        kept = self._store(name, put, before, now, ChangeKind.RESTORE)
        return _seen(OutcomeStatus.RESTORED, kept, ())

    def _store(
        self,
        name: str,
        put: Put,
        current: Kept | None,
        now: datetime,
        kind: ChangeKind = ChangeKind.PUT,
    ) -> Kept:
        space = self.space(name)
        previous = current.last_seq if current else 0
        entry = Entry(
            namespace=name,
            draft=put.draft,
            ordinal=self.position.seq + 1,
            version=current.entry.version + 1 if current else 1,
            created_at=(current.entry.created_at if current else put.created_at or now),
            updated_at=now,
            embedded=bool(put.passages),
        )
        payload = put_payload(entry, draft_payload(put.draft), put.passages or ())
        seq = self.change(kind, name, put.draft.id, previous, now, payload)
        kept = Kept(
            entry=entry,
            first_seq=current.first_seq if current else seq,
            last_seq=seq,
            passages=put.passages or (),
            terms=space.analyser.index_terms(contextual_key(put.draft).text),
        )
        space.kept[put.draft.id] = kept
        return kept

    def _remove(self, name: str, kept: Kept, kind: ChangeKind, now: datetime) -> None:
        died = self.change(kind, name, kept.entry.id, kept.last_seq, now, NOTHING)
        self.spaces[name].gone.append(Gone(kept, died, now, kind))
        del self.spaces[name].kept[kept.entry.id]

    def _forget(self, name: str, forget: Forget, now: datetime) -> Outcome:
        kept = self._kept(name, forget.id)
        sweep = forget.reason is ForgetReason.EXPIRED
        if kept is None or kept.entry.expired(now) is not sweep:
            kept = None
        version = kept.entry.version if kept else 0
        if forget.if_version is not None and forget.if_version != version:
            return _rejected(forget.id, version, "version_conflict")
        if kept is None:
            return Outcome(status=OutcomeStatus.MISSING, id=forget.id)
        kind = ChangeKind.EXPIRE if sweep else ChangeKind.FORGET
        self._remove(name, kept, ChangeKind.PURGE if forget.purge else kind, now)
        return replace(_seen(OutcomeStatus.FORGOTTEN, kept, ()), embedded=False)

    def _add_vectors(self, name: str, add: AddVectors, now: datetime) -> Outcome:
        for kept in self.spaces[name].kept.values() if name in self.spaces else ():
            if kept.entry.ordinal == add.ordinal and not kept.entry.embedded and add.passages:
                kept.passages = add.passages
                kept.entry = replace(kept.entry, embedded=True)
                payload = vectors_payload(add.passages)
                kept.last_seq = self.change(
                    ChangeKind.VECTORS, name, kept.entry.id, kept.last_seq, now, payload
                )
                return _seen(OutcomeStatus.UPDATED, kept, ())
        return Outcome(status=OutcomeStatus.MISSING, id="")

    def _configure(self, name: str, configure: ConfigureNamespace, now: datetime) -> Outcome:
        given = dict(configure.settings)
        for key in given.keys() - {"language", "expiry_days"}:
            raise InvalidInputError(f"There is no setting {key!r}.", field=f"/settings/{key}")
        if "expiry_days" in given:
            given["expiry_days"] = _kept_days(given["expiry_days"])
        analyser = Analyser(given["language"]) if "language" in given else None
        old = self.spaces.get(name)
        status = OutcomeStatus.UPDATED if old else OutcomeStatus.CREATED
        if old and {**old.settings, **given} == old.settings:
            return Outcome(status=OutcomeStatus.DUPLICATE, id=name)
        if old and old.kept and given.get("language") not in (None, old.settings["language"]):
            raise InvalidInputError("The namespace is not empty.", field="/settings/language")
        space = self.space(name)
        space.settings.update(given)
        space.analyser = analyser or space.analyser
        self.change(ChangeKind.NAMESPACE, name, "", 0, now, settings_payload(space.settings))
        return Outcome(status=status, id=name)

    def _drop(self, name: str, now: datetime) -> Outcome:
        space = self.spaces.pop(name, None)
        if space is None:
            return Outcome(status=OutcomeStatus.MISSING, id=name)
        self.change(ChangeKind.DROP, name, "", 0, now, NOTHING)
        return Outcome(status=OutcomeStatus.FORGOTTEN, id=name, entries=len(space.kept))


def _kept_days(setting: str) -> str:
    """The setting as it is kept, its kinds in order."""
    days = json.loads(setting)
    if not all(0 < one <= 36_500 for one in days.values()):
        raise InvalidInputError("Not days.", field="/settings/expiry_days")
    return json.dumps(dict(sorted(days.items())), separators=(",", ":"))


def _seen(status: OutcomeStatus, kept: Kept, duplicate_of: tuple[str, ...]) -> Outcome:
    return Outcome(
        status=status,
        id=kept.entry.id,
        version=kept.entry.version,
        embedded=kept.entry.embedded,
        duplicate_of=duplicate_of,
    )


def _rejected(id: str, version: int, code: str) -> Outcome:
    return Outcome(
        status=OutcomeStatus.REJECTED,
        id=id,
        version=version,
        error_code=code,
        error_detail=f"Refused: {code}.",
        error_field="/id" if code == "id_taken" else "",
    )
