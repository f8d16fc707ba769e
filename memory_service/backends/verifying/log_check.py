"""The log: every change follows from the one before, and its rows are what it vouches for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from memory_service.backends.verifying.findings import RESTORE, Check, Places
from memory_service.backends.verifying.rows import entries_between, vectors_between
from memory_service.model.position import BEGINNING
from memory_service.model.read import ChangeKind
from memory_service.store.chain import NO_NONCE, follows, payload_digest
from memory_service.store.payload import (
    NOTHING,
    draft_hash,
    draft_payload,
    lost_payload,
    put_payload,
    settings_payload,
    vectors_payload,
)
from memory_service.store.queries import changes_after
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from memory_service.backends.verifying.findings import Progress
    from memory_service.backends.verifying.rows import StoredEntry, StoredVectors
    from memory_service.model.position import Position
    from memory_service.model.read import Change
    from memory_service.store.connection import Database

#: Changes looked at at once.
_STRETCH = 2_000

_WORDS = {
    "chain_broken": "changes that do not follow from the one before",
    "payload_differs": "changes whose rows say something else than was written",
    "draft_differs": "entries whose hash is not that of what they say",
}


def check_log(database: Database, progress: Progress, *, switched: int = 0) -> Check:
    """Walk the whole log, and compare the digest of every change with the rows still there.

    A change that brought an entry together with its vectors vouches for both.  Where another model
    took over at the change *switched*, what came before has lost its vectors on purpose: such a
    change cannot be compared as a whole, only what the entry says with the entry's own hash.
    """
    ((total, _),) = database.rows(statement("count_changes"))
    before, looked, places, settings = BEGINNING, 0, Places(), _Settings.of(database)
    without = 0
    while changes := changes_after(database, before.seq, _STRETCH):
        _check_chain(before, changes, places)
        rows = _rows(database, before.seq, changes[-1].position.seq, settings, switched)
        _check_payloads(before, changes, rows, places)
        without += sum(rows.without_vectors(seq) for seq in rows.entries)
        before, looked = changes[-1].position, looked + len(changes)
        progress("log", looked, total)
    return Check(
        name="log",
        looked_at=looked,
        findings=places.findings(_WORDS.__getitem__, next_step=RESTORE),
        note=f"{without:,} are known by their texts alone: their vectors were another model's"
        if without
        else "",
    )


def _check_chain(before: Position, changes: Iterable[Change], places: Places) -> None:
    for change in changes:
        if not follows(before, change):
            places.note("chain_broken", change.position.seq)
        before = change.position


def _rows(database: Database, after: int, until: int, settings: _Settings, switched: int) -> _Rows:
    return _Rows(
        entries=entries_between(database, after, until),
        vectors=vectors_between(database, after, until),
        settings=settings,
        switched=switched,
    )


def _check_payloads(
    before: Position, changes: Iterable[Change], rows: _Rows, places: Places
) -> None:
    last = before.seq
    for change in changes:
        if rows.digest(change, last) not in (None, change.digest):
            places.note("payload_differs", change.position.seq)
        last = change.position.seq
    for seq, stored in rows.entries.items():
        if draft_hash(stored.entry.draft) != stored.draft_hash:
            places.note("draft_differs", seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    """Which settings each namespace was given by which change."""

    numbers: Mapping[str, Sequence[int]]
    given: Mapping[int, Sequence[tuple[int, str, str]]]

    @classmethod
    def of(cls, database: Database) -> Self:
        numbers: defaultdict[str, list[int]] = defaultdict(list)
        for name, number in database.rows(statement("verify_namespaces")):
            numbers[name].append(number)
        given: defaultdict[int, list[tuple[int, str, str]]] = defaultdict(list)
        for number, seq, key, value in database.rows(statement("verify_settings")):
            given[number].append((seq, key, value))
        return cls(numbers=numbers, given=given)

    def payload(self, name: str, seq: int) -> bytes:
        """What a change of settings carried: all that held after it."""
        number = max((each for each in self.numbers.get(name, ()) if each <= seq), default=0)
        given = self.given.get(number, ())
        return settings_payload({key: value for at, key, value in given if at <= seq})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The rows of a stretch of changes; the model that serves took over at `switched`."""

    entries: Mapping[int, StoredEntry]
    vectors: Mapping[int, StoredVectors]
    settings: _Settings
    switched: int

    def without_vectors(self, seq: int) -> bool:
        """Whether the vectors a version may have come with are gone, and rightly so."""
        return seq < self.switched and seq not in self.vectors

    def digest(self, change: Change, last: int) -> bytes | None:
        """The digest that the rows make of *change*, which follows *last*; `None` without rows."""
        seq = change.position.seq
        match change.kind:
            case ChangeKind.PUT | ChangeKind.RESTORE:
                return self._of_put(seq)
            case ChangeKind.VECTORS | ChangeKind.NEXT_VECTORS:
                return self._of_vectors(seq)
            case ChangeKind.NAMESPACE:
                return payload_digest(NO_NONCE, self.settings.payload(change.namespace, seq))
            case ChangeKind.EPOCH:
                return payload_digest(NO_NONCE, lost_payload(last + 1, seq - 1))
            case ChangeKind.MODEL_BEGUN | ChangeKind.MODEL_DROPPED | ChangeKind.MODEL_SWITCHED:
                return None
            case _:
                return payload_digest(NO_NONCE, NOTHING)

    def _of_put(self, seq: int) -> bytes | None:
        stored, brought = self.entries.get(seq), self.vectors.get(seq)
        if stored is None or self.without_vectors(seq):
            return None
        passages = brought.passages if brought else ()
        payload = put_payload(stored.entry, draft_payload(stored.entry.draft), passages)
        return payload_digest(stored.nonce, payload)

    def _of_vectors(self, seq: int) -> bytes | None:
        brought = self.vectors.get(seq)
        return payload_digest(brought.nonce, vectors_payload(brought.passages)) if brought else None
