"""What callers ask of the engine, beside a recall."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from memory_service.model.read import DiskUse
from memory_service.model.write import OnConflict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from memory_service.engine.next_models import ReembedStatus
    from memory_service.model.entry import Entry, EntryDraft
    from memory_service.model.filters import Filter
    from memory_service.model.position import Position
    from memory_service.model.write import Idempotency, Outcome
    from memory_service.protocols import EmbedderIdentity


class EmbedMode(StrEnum):
    """Whether a write waits for its vectors, or is answered before and found by words at once."""

    SYNC = "sync"
    ASYNC = "async"


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberRequest:
    """Entries to store in one namespace, 1 to 256.  An empty `draft.id` asks for a new UUIDv7."""

    namespace: str
    drafts: tuple[EntryDraft, ...]
    on_conflict: OnConflict = OnConflict.ERROR
    collapse: bool = False
    embed: EmbedMode = EmbedMode.SYNC
    if_version: int | None = None
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRequest:
    """Fields to change in one entry: names of `EntryDraft` to their new values, `None` to clear."""

    namespace: str
    id: str
    changes: Mapping[str, object]
    embed: EmbedMode = EmbedMode.SYNC
    if_version: int | None = None
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetReport:
    """What a filter matched and what was forgotten; `ids` are the first 100."""

    matched: int
    forgotten: int
    ids: tuple[str, ...]
    position: Position
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
    """Forgotten entries to bring back: by ids, 1 to 256, or all that match `filter` (not both).

    With `dry_run`, which goes with a filter, nothing is done.
    """

    namespace: str
    ids: tuple[str, ...] = ()
    filter: Filter | None = None
    dry_run: bool = False
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """What was meant and what came back.

    `ids` are the first 100 that came back (with `dry_run`: that would); `refused` the first 100
    that did not, since nothing of them is kept (`MISSING`) or their id was taken again.
    """

    matched: int
    restored: int
    ids: tuple[str, ...]
    refused: tuple[Outcome, ...]
    position: Position
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The turns around an entry in its session, each in order; empty without a session."""

    before: tuple[Entry, ...]
    after: tuple[Entry, ...]


class ModelState(StrEnum):
    """Whether the dense leg can run."""

    READY = "ready"
    MISSING = "missing"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """Which model serves, from where, and why not if it does not."""

    identity: EmbedderIdentity | None
    source: str
    state: ModelState
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """The engine in figures, answered from memory.

    `embedded_texts` counts since the start.  `background_error` is what the last background
    work failed with (late vectors, expiry, maintenance); empty when it went well.  `reembed` is
    another model on its way.  `damage` says what is wrong with the store's log, where something
    is: then writes are refused.
    """

    cluster_id: str
    position: Position
    namespaces: int
    entries: int
    pending: int
    model: ModelStatus
    fingerprint: str
    embedded_texts: int
    background_error: str = ""
    reembed: ReembedStatus | None = None
    disk: DiskUse = field(default_factory=DiskUse)
    damage: str = ""
