"""What callers hand in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypedDict

MetadataValue = str | int | float | bool | None
#: The filter grammar of `docs/http-api.md`, as plain data; times may be `datetime`.
FilterSpec = Mapping[str, object]
OnConflict = Literal["error", "replace", "keep"]
EmbedMode = Literal["sync", "async"]
ListOrder = Literal["written", "turn"]
CutMode = Literal["adaptive", "off"]
#: A time (without an offset it is UTC), or a position as answers give it.
Moment = datetime | str
#: `language`, and `expiry_days`: after how many days entries of a kind expire.
NamespaceSettings = Mapping[str, str | Mapping[str, float]]
OnNone = Literal["empty", "best"]


class EntryDetails(TypedDict, total=False):
    """What an entry may say beside its text; a time without an offset is UTC."""

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


class NewEntryDetails(EntryDetails, total=False):
    """What goes with a text to remember: `remember("…", speaker="Ann")`."""

    id: str


class EntryChanges(EntryDetails, total=False):
    """What an update changes; `None` clears a field: `update(id, text="…", speaker=None)`."""

    text: str


class Boosts(TypedDict, total=False):
    """What else than the question may raise an entry, each in [0, 1]; nothing by default.

    `importance` and `frequency` read numbers of these names in the metadata.  The value of
    `recency` halves with every `half_life_days` (30) before now.
    """

    recency: float
    importance: float
    frequency: float
    half_life_days: float


class RecallOptions(TypedDict, total=False):
    """How a recall answers; what is not given, the service chooses (see `docs/http-api.md`)."""

    limit: int
    min_k: int
    cut: CutMode
    min_score: float | None
    budget_tokens: int | None
    on_none: OnNone
    filter: FilterSpec | None
    now: datetime | str | None
    context: int
    collapse: bool
    boosts: Boosts | None
    timings: bool


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
