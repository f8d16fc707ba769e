"""What a backend answers to reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy as np
    import numpy.typing as npt

    from memory_service.model.entry import ContextualKey, Entry, Span
    from memory_service.model.filters import Filter
    from memory_service.model.history import AsOf
    from memory_service.model.position import Position

    Ordinals = npt.NDArray[np.int64]
    Scores = npt.NDArray[np.float64]
    Masks = npt.NDArray[np.uint64]
    Parts = npt.NDArray[np.int32]
    Vector = npt.NDArray[np.float32]
    Vectors = npt.NDArray[np.float32]
    Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryTerm:
    """One indexed term of a query: the word as asked, its idf, and in how many entries it stands.

    `term` is the index's form of the word, `count` how often the query names it.  A term that
    no entry holds has `entries == 0` and the largest idf there is.
    """

    word: str
    idf: float
    entries: int
    term: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LexicalQuery:
    """A query as the lexical leg understood it: its terms, rarest first, and its upper bound.

    `bound` is the score an entry could not exceed: the sum of the terms' idf, each counted as
    often as the query names it, unknown terms included.
    """

    terms: tuple[QueryTerm, ...]
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LexicalLeg:
    """BM25 scores by entry.

    Bit *i* of `matched` says that the entry holds `query.terms[i]` (the first 64 terms).
    """

    ordinals: Ordinals
    scores: Scores
    matched: Masks
    query: LexicalQuery


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DenseLeg:
    """Cosines by entry, the best passage's; `parts` says which.

    An entry without vectors has NaN and -1.  `vectors` are those that were compared, one row per
    entry, as `Reader.vectors` gives them; `None` where only the best were sought.
    """

    ordinals: Ordinals
    scores: Scores
    parts: Parts
    vectors: Vectors | None = None

    def of(self, places: npt.NDArray[np.intp]) -> DenseLeg:
        """Those at these places alone, in that order."""
        return DenseLeg(
            ordinals=self.ordinals[places],
            scores=self.scores[places],
            parts=self.parts[places],
            vectors=None if self.vectors is None else self.vectors[places],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """What a ranking may know of entries beside their scores: one row per ordinal.

    An ordinal that is unknown, forgotten, replaced or expired has -1 in whole numbers, a length
    of 0, NaN and `False`.

    Args:
        ordinals: The entries.
        before: Ordinals of the entries before, in the same session by (turn, first written);
            an entry without a turn comes before all turns.  -1 where there is none to be seen.
        after: The same of the entries after.
        sessions: Equal for entries of one session, -1 without one; the numbers mean nothing
            outside this value.
        speakers: Places in `speaker_names`, -1 without one.
        speaker_names: The distinct speakers, in order of first appearance.
        lengths: How many terms each contextual key has.
        asks: Whether the text asks something, see `model.asking`.
        days: The event's date, in the offset it was given in, as whole days since 1970-01-01;
            NaN when unknown.
        written: When this version was written (`updated_at`), in seconds since 1970, UTC.
    """

    ordinals: Ordinals
    before: Ordinals
    after: Ordinals
    sessions: npt.NDArray[np.int64]
    speakers: npt.NDArray[np.int64]
    speaker_names: tuple[str, ...]
    lengths: npt.NDArray[np.int64]
    asks: Flags
    days: Scores
    written: Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An entry, with the spans of its passages by part if it has several."""

    entry: Entry
    spans: tuple[Span, ...] = ()


class Order(StrEnum):
    """How a list is ordered.

    `WRITTEN`: by when each entry was first created; an update does not move an entry, so a walk
    during writes neither misses nor repeats one.  `TURN`: by turn (none first), then as written.
    """

    WRITTEN = "written"
    TURN = "turn"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One page of a namespace's entries that are alive at `now`, in `order`, after `after`.

    `after` is the `next` of the page before.  With `as_of` the entries are those that were alive
    then, as they were, as far as that is kept at `now` (see `Keeping`); `TURN` and filters go by
    what they said then.
    """

    namespace: str
    now: datetime
    limit: int
    order: Order = Order.WRITTEN
    after: tuple[int, int] | None = None
    filter: Filter | None = None
    as_of: AsOf | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries, and where the next page starts; `None` when there is none.

    `missing` is said by the first page of a moment of the past: how many entries of the namespace
    were there then and are not kept as they were, whatever the filter; 0 on every other page.
    """

    entries: tuple[Entry, ...]
    next: tuple[int, int] | None
    missing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSummary:
    """A conversation of a namespace."""

    session: str
    entries: int
    first_time: datetime | None
    last_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceSummary:
    """A namespace, how much it holds, and its settings."""

    name: str
    entries: int
    pending: int
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEntry:
    """An entry that waits for its vectors."""

    namespace: str
    ordinal: int
    key: ContextualKey


class ChangeKind(StrEnum):
    """What a change did; `RESTORE` carries what a put does.

    `NEXT_VECTORS` brought an entry's vectors of a model that does not serve yet.  `MODEL_BEGUN`,
    `MODEL_DROPPED` and `MODEL_SWITCHED` say of the whole store that such vectors are gathered,
    are given up, and serve from here on; they have no namespace.
    `EPOCH` began an epoch after changes were lost: the numbers left out before it are theirs.
    """

    PUT = "put"
    FORGET = "forget"
    RESTORE = "restore"
    PURGE = "purge"
    EXPIRE = "expire"
    VECTORS = "vectors"
    NEXT_VECTORS = "next_vectors"
    MODEL_BEGUN = "model_begun"
    MODEL_DROPPED = "model_dropped"
    MODEL_SWITCHED = "model_switched"
    NAMESPACE = "namespace"
    DROP = "drop"
    EPOCH = "epoch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One committed change.  `previous` is the seq of the entry's change before it, 0 if none.

    `NEXT_VECTORS` stand aside: other changes may step over one.
    """

    position: Position
    kind: ChangeKind
    namespace: str
    id: str
    previous: int
    at: datetime
    digest: bytes


class DiskState(StrEnum):
    """Whether the disk has room; when `FULL`, nothing more is stored."""

    OK = "ok"
    WARNING = "warning"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskUse:
    """How full the disk of the store is, in percent."""

    percent: float = 0.0
    state: DiskState = DiskState.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendStatus:
    """A backend in figures, answered from memory.

    `fingerprint` is of the embedder that filled it, the key template and the analyser; empty
    while no embedder is bound.  `disk` is of the moment: two statuses may be equal without it.
    `damage` says what is wrong with the log and what to do, where
    something is: then reads are answered from what is there, and writes are refused.
    """

    cluster_id: str
    position: Position
    namespaces: int
    entries: int
    pending: int
    fingerprint: str = ""
    disk: DiskUse = field(default_factory=DiskUse, compare=False)
    damage: str = ""
