"""What a backend is asked to change, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy as np
    import numpy.typing as npt

    from memory_service.model.entry import EntryDraft, Span
    from memory_service.model.position import Position


class OnConflict(StrEnum):
    """What a put does when its id is taken by other content."""

    ERROR = "error"
    REPLACE = "replace"
    KEEP = "keep"


class OutcomeStatus(StrEnum):
    """What became of one operation.

    `DUPLICATE`: nothing was written, an equal entry is there already.  `KEPT`: the id was taken
    and the caller asked to keep what is there.  `MISSING`: there was nothing to forget, or to
    take back.
    """

    CREATED = "created"
    REPLACED = "replaced"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    KEPT = "kept"
    FORGOTTEN = "forgotten"
    RESTORED = "restored"
    MISSING = "missing"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passage:
    """One embedded window of an entry's key: a unit vector (float32) and its span of the body.

    `space` is `EmbedderIdentity.space` of who made it; without one, the store's own.  A store
    keeps what belongs to the model that serves or is to serve, and nothing else.
    """

    span: Span
    vector: npt.NDArray[np.float32]
    space: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Put:
    """Store an entry.

    Args:
        draft: The entry.
        passages: Its vectors; `None` leaves it waiting for them.
        on_conflict: What to do when the id holds other content.  An entry equal in every
            field is always a `DUPLICATE`.
        collapse: Whether an entry of equal content hash under another id makes this one a
            `DUPLICATE` of it instead of a second entry.
        if_version: Store only while the entry is at this version (0: while there is none).
        created_at: When it was first remembered; the time of the write if `None`.
    """

    draft: EntryDraft
    passages: tuple[Passage, ...] | None
    on_conflict: OnConflict = OnConflict.ERROR
    collapse: bool = False
    if_version: int | None = None
    created_at: datetime | None = None


class ForgetReason(StrEnum):
    """Who wanted it: a caller, or the sweep, which takes an entry only if it has expired."""

    CALLER = "caller"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Forget an entry; at once invisible to every read.

    To a caller an entry that has expired is `MISSING`.

    Args:
        id: Which.
        if_version: Only while it is at this version.
        reason: Who wants it.
        purge: Whether the rows of all its versions, with their nonces, are deleted in the same
            commit: nothing can bring them back.  Those of an entry that is not there any more
            are deleted as well, though it is `MISSING`.
    """

    id: str
    if_version: int | None = None
    reason: ForgetReason = ForgetReason.CALLER
    purge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """Take back that an entry was forgotten, if that may still be done (see `Keeping`).

    It comes back at the next version, with its text, its metadata, when it was created and its
    place in lists; its vectors too, if they are of the model in use.  An id that was taken again
    meanwhile is refused.
    """

    id: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AddVectors:
    """Give a waiting entry its vectors; ignored (`MISSING`) if the entry has changed since."""

    ordinal: int
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DropNamespace:
    """Forget every entry of the namespace and the namespace itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureNamespace:
    """Create the namespace if it is not there, and set these of its settings."""

    settings: Mapping[str, str]


Operation = Put | Forget | Restore | AddVectors | DropNamespace | ConfigureNamespace


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """A caller's key for one logical write, and a digest of its body."""

    key: str
    body_digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WriteRequest:
    """Operations on one namespace that are committed together, in order.

    One operation that is refused does not undo the others, unless `atomic`.
    """

    namespace: str
    operations: tuple[Operation, ...]
    now: datetime
    idempotency: Idempotency | None = None
    atomic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one operation.

    `error_code` and `error_detail` are set exactly when the status is `REJECTED`; `error_field`
    is a JSON pointer into the entry then, if one field is to blame.
    `duplicate_of` names other entries of the namespace with the same content hash, oldest first.
    `entries` is how many a dropped namespace held; 0 for everything else.
    """

    status: OutcomeStatus
    id: str
    version: int = 0
    embedded: bool = False
    duplicate_of: tuple[str, ...] = ()
    error_code: str = ""
    error_detail: str = ""
    error_field: str = ""
    entries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A committed, synced write: one outcome per operation, in order, and the position after it."""

    outcomes: tuple[Outcome, ...]
    position: Position
    replayed: bool = False
