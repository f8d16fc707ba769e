"""What goes in and what comes back; all values, none of them connected to anything.

Words such as `status` or `evidence` are plain strings, since a newer service may know more of
them.  Annotations are read at run time by `_decoding`, so every name in them is a real import.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypedDict

from agent_client._prompt import prompt_for

MetadataValue = str | int | float | bool | None
#: The filter grammar of `docs/http-api.md`, as plain data; times may be `datetime`.
FilterSpec = Mapping[str, object]
OnConflict = Literal["error", "replace", "keep"]
EmbedMode = Literal["sync", "async"]
ListOrder = Literal["written", "turn"]
CutMode = Literal["adaptive", "off"]
OnNone = Literal["empty", "best"]


class EntryFields(TypedDict, total=False):
    """The parts of an entry, for `remember("…", speaker="Ann")` and `update(id, tags=[])`.

    A time may be RFC 3339 text; one without an offset is UTC.
    """

    id: str
    text: str
    summary: str | None
    kind: str | None
    scope: str | None
    tags: list[str] | tuple[str, ...] | None
    metadata: Mapping[str, MetadataValue] | None
    session: str | int | None
    turn: int | None
    speaker: str | None
    source: str | None
    event_time: datetime | str | None
    expires_at: datetime | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """An entry to remember; only `text` is required, and the service makes up a missing id."""

    text: str
    id: str | None = None
    summary: str | None = None
    kind: str | None = None
    scope: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    session: str | int | None = None
    turn: int | None = None
    speaker: str | None = None
    source: str | None = None
    event_time: datetime | str | None = None
    expires_at: datetime | str | None = None


#: A text, a draft, or an entry as it stands in JSON.
NewEntry = str | EntryDraft | Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A remembered text with its place, times and version.

    While `embedded` is false the entry waits for its vector and is found by its words alone.
    """

    namespace: str
    id: str
    text: str
    version: int
    created_at: datetime
    updated_at: datetime
    embedded: bool
    content_hash: str = ""
    summary: str | None = None
    kind: str | None = None
    scope: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    session: str | None = None
    turn: int | None = None
    speaker: str | None = None
    source: str | None = None
    event_time: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemField:
    """What is wrong with one part of a request; `pointer` is a JSON pointer into it."""

    pointer: str = ""
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why the service refused; `code` is stable, `detail` is for people."""

    code: str
    detail: str
    errors: tuple[ProblemField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one entry.

    `status` is `created`, `replaced`, `updated`, `duplicate` (an equal entry is there), `kept`,
    `forgotten`, `missing` or `rejected`; `error` is set exactly when it is `rejected`.
    `duplicate_of` names entries of equal content.  `position` is the service's place in its
    change log after the write; `replayed` says that an earlier call with the same key did it.
    """

    status: str
    id: str
    version: int = 0
    embedded: bool = False
    duplicate_of: tuple[str, ...] = ()
    error: Problem | None = None
    position: str = ""
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A committed batch: one outcome per entry in order, rejected ones among them."""

    outcomes: tuple[Outcome, ...]
    position: str
    replayed: bool = False

    @property
    def rejected(self) -> tuple[Outcome, ...]:
        """The outcomes of entries that were refused; the others are stored."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetReport:
    """What a filter matched and what was forgotten; `ids` are the first 100."""

    matched: int
    forgotten: int
    ids: tuple[str, ...]
    position: str = ""
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries, and the cursor of the next page; `None` when there is none."""

    entries: tuple[Entry, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """An entry's session around it, itself left out; empty without a session."""

    before: tuple[Entry, ...] = ()
    after: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSummary:
    """A conversation of a namespace."""

    session: str
    entries: int
    first_time: datetime | None
    last_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """Sessions by name, and the cursor of the next page; `None` when there is none."""

    sessions: tuple[SessionSummary, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceSummary:
    """A namespace, how much it holds, how much of that waits for vectors, and its settings."""

    name: str
    entries: int
    pending: int
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """How many entries a dropped namespace held."""

    forgotten: int
    position: str = ""
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """Which model serves, from where, and in `detail` why not if its `state` is not `ready`."""

    state: str
    name: str | None = None
    revision: str | None = None
    sha256: str | None = None
    dimensions: int | None = None
    source: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A node in figures."""

    version: str
    role: str
    writable: bool
    position: str
    namespaces: int
    entries: int
    pending: int
    model: ModelStatus
    node_id: str = ""
    cluster_id: str = ""
    process_id: int | str = 0
    epoch: int = 0
    fingerprint: str = ""
    uptime_seconds: float = 0.0
    embedded_texts: int = 0
    data_folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters `start` to `stop` (exclusive) of an entry's text."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegScores:
    """A hit's parts, raw and made absolute; `None` where a leg is missing."""

    cosine: float | None = None
    bm25: float | None = None
    dense: float | None = None
    lexical: float | None = None
    fused: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry in an answer.

    `score` in [0, 1] never rises down the ranking.  `span` is the passage that matched, for an
    entry with several; `words` are the query's words the entry holds; `why` says it all in one
    line.
    """

    rank: int
    score: float
    entry: Entry
    legs: LegScores
    span: Span | None = None
    words: tuple[str, ...] = ()
    why: str = ""
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where the answer ends and why; the best of the `below` left out is at `next_score`."""

    reason: str
    considered: int = 0
    below: int = 0
    next_score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """A part of the answer that is missing, and why."""

    leg: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The answer to one query.

    `evidence` is `strong`, `weak` or `none`; with `none`, `hits` is empty (unless the best were
    asked for) and `nearest` holds the best below the cut.  `degraded` is never empty when a leg
    was missing.  `truncated`: the query was longer than the model's window.
    """

    query: str
    hits: tuple[Hit, ...]
    evidence: str
    probability: float
    cut: Cut
    model: str | None
    position: str
    nearest: tuple[Hit, ...] = ()
    calibration: str = ""
    degraded: tuple[Degradation, ...] = ()
    truncated: bool = False
    tokens: int = 0
    token_estimator: str = ""
    served_by: str = ""
    role: str = ""
    staleness_seconds: float = 0.0
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    def to_prompt(self, budget: int | None = None) -> str:
        """The hits as text for a prompt, marked as data, each with its source.

        Every line of an entry is quoted, and the whole stands between two marker lines whose
        word occurs in none of the entries, so no entry can end the block or pose as another.
        With evidence `none` it is a sentence that says so.

        Args:
            budget: The most tokens, estimated as a quarter of the UTF-8 bytes.  A hit that does
                not fit gives its matching passage; one that still does not fit is left out and
                counted.  Empty when not even the frame fits.
        """
        return prompt_for((self,), budget)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallBatch:
    """The answers to several queries, in their order."""

    answers: tuple[Recall, ...]

    def to_prompt(self, budget: int | None = None) -> str:
        """As `Recall.to_prompt`, over all answers; an entry that answers several stands once."""
        return prompt_for(self.answers, budget)
