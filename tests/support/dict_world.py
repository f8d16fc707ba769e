"""What a `DictBackend` holds, and the plainest reading of what a write does to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from memory_service.errors import InvalidInputError
from memory_service.index.analysis.analyser import Analyser
from memory_service.model.entry import Entry, contextual_key
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


@dataclass
class Space:
    """A namespace."""

    analyser: Analyser
    settings: dict[str, str]
    kept: dict[str, Kept] = field(default_factory=dict)

    def live(self, now: datetime) -> list[Kept]:
        """What reads may see, as first written."""
        alive = [kept for kept in self.kept.values() if not kept.entry.expired(now)]
        return sorted(alive, key=lambda kept: kept.first_seq)


@dataclass
class World:
    """Everything."""

    default_language: str = "english"
    spaces: dict[str, Space] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    position: Position = field(default_factory=lambda: Position(epoch=1, seq=0, chain=GENESIS))

    def snapshot(self) -> World:
        """A copy that writes to this world do not reach."""
        spaces = {
            name: replace(
                space,
                settings=dict(space.settings),
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
        return _seen(status, self._store(name, put, current, now), others)

    def _store(self, name: str, put: Put, current: Kept | None, now: datetime) -> Kept:
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
        seq = self.change(ChangeKind.PUT, name, put.draft.id, previous, now, payload)
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
        self.change(kind, name, kept.entry.id, kept.last_seq, now, NOTHING)
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
        for key in configure.settings:
            if key != "language":
                raise InvalidInputError(f"There is no setting {key!r}.", field=f"/settings/{key}")
        language = configure.settings.get("language")
        analyser = Analyser(language) if language else None
        old = self.spaces.get(name)
        status = OutcomeStatus.UPDATED if old else OutcomeStatus.CREATED
        if old and (language is None or old.settings["language"] == language):
            return Outcome(status=OutcomeStatus.DUPLICATE, id=name)
        if old and old.kept:
            raise InvalidInputError("The namespace is not empty.", field="/settings/language")
        space = self.space(name)
        if language and analyser:
            space.settings["language"] = language
            space.analyser = analyser
        self.change(ChangeKind.NAMESPACE, name, "", 0, now, settings_payload(space.settings))
        return Outcome(status=status, id=name)

    def _drop(self, name: str, now: datetime) -> Outcome:
        space = self.spaces.pop(name, None)
        if space is None:
            return Outcome(status=OutcomeStatus.MISSING, id=name)
        self.change(ChangeKind.DROP, name, "", 0, now, NOTHING)
        return Outcome(status=OutcomeStatus.FORGOTTEN, id=name, entries=len(space.kept))


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
