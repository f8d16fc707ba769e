"""What callers send.  Shapes and types stand here; what a text or an id may hold, in the engine."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from memory_service.engine.looking_back import MOST_IDS
from memory_service.engine.recall_checks import (
    LONGEST_HALF_LIFE,
    MOST_CONTEXT,
    MOST_QUERIES,
    SHORTEST_HALF_LIFE,
)
from memory_service.engine.times import parse_time
from memory_service.engine.validation import check_id
from memory_service.engine.writing import MOST_ENTRIES
from memory_service.errors import InvalidIdError, InvalidInputError
from memory_service.model.entry import EntryDraft
from memory_service.model.expiry import EXPIRY_DAYS, setting_of
from memory_service.model.recall import Boosts, CutMode, OnNone

#: Hits one query gives over HTTP.
MAX_LIMIT = 64


def _time(value: object) -> object:
    return None if value is None else parse_time(value, field="")


def _text_of_number(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _named(value: object) -> object:
    if value == "":
        raise InvalidIdError("an id has 1 to 512 bytes; leave it out to get a new one")
    return value


def _flat(value: object) -> object:
    if isinstance(value, list | dict):
        raise InvalidInputError("a metadata value is a string, a number, true, false or null")
    return value


Time = Annotated[
    datetime,
    BeforeValidator(_time, json_schema_input_type=str),
    Field(description="RFC 3339, or a date; without an offset it is UTC."),
]
Session = Annotated[
    str,
    BeforeValidator(_text_of_number, json_schema_input_type=str | int),
    Field(description="The conversation it belongs to; a number is kept as a string."),
]
EntryId = Annotated[
    str,
    BeforeValidator(_named, json_schema_input_type=str),
    Field(description="1 to 512 bytes of UTF-8; a new UUIDv7 if left out.", examples=["trip-1"]),
]


MetadataField = Annotated[str | int | float | bool | None, BeforeValidator(_flat)]


class Body(BaseModel):
    """Base of every request body: no unknown fields, no guessing of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class EntryFields(Body):
    """The parts of an entry beside its text and id."""

    summary: str | None = Field(None, description="Indexed and embedded with the text.")
    kind: str | None = Field(None, examples=["fact"])
    scope: str | None = Field(None, description="A path; filters match whole segments.")
    tags: list[str] | None = Field(None, description="At most 64.", examples=[["launch"]])
    metadata: dict[str, MetadataField] | None = Field(
        None, description="Flat; at most 64 keys.", examples=[{"priority": 3}]
    )
    session: Session | None = None
    turn: int | None = Field(None, description="Its place in the session.")
    speaker: str | None = Field(None, examples=["Ann"])
    source: str | None = Field(None, description="Where it comes from.", examples=["slack"])
    event_time: Time | None = Field(None, description="When it happened.")
    expires_at: Time | None = Field(None, description="From then on it is hidden.")


class EntryBody(EntryFields):
    """An entry to remember; only `text` is required."""

    id: EntryId | None = None
    text: str = Field(
        description="Kept exactly as given; at most 64 KiB of UTF-8.",
        examples=["We moved the launch to the second of June."],
    )

    def draft(self, entry_id: str | None = None) -> EntryDraft:
        """The entry as the engine takes it, under *entry_id* if one is given.

        Raises:
            InvalidInputError: If *entry_id* is no id, or the entry names another one itself.
        """
        if entry_id is not None:
            check_id(entry_id)
            if self.id not in (None, entry_id):
                raise InvalidInputError("the body names another id than the address", field="/id")
        fields = {name: getattr(self, name) for name in EntryFields.model_fields}
        fields["tags"] = tuple(self.tags or ())
        fields["metadata"] = self.metadata or {}
        return EntryDraft(id=entry_id or self.id or "", text=self.text, **fields)


class BatchBody(Body):
    """Several entries."""

    entries: list[EntryBody] = Field(min_length=1, max_length=MOST_ENTRIES)


def _branch(value: object) -> str:
    return "<batch>" if isinstance(value, dict) and "entries" in value else "<entry>"


RememberBody = Annotated[
    Annotated[EntryBody, Tag("<entry>")] | Annotated[BatchBody, Tag("<batch>")],
    Discriminator(_branch),
]


class EntryPatch(EntryFields):
    """The fields to change; `null` clears one."""

    text: str = Field("", description="A new text.")

    def changes(self) -> dict[str, object]:
        """The fields named, as an entry has them."""
        changes: dict[str, object] = {
            name: getattr(self, name) for name in sorted(self.model_fields_set)
        }
        if isinstance(tags := changes.get("tags"), list):
            changes["tags"] = tuple(tags)
        return changes


class ForgetBody(Body):
    """What to forget."""

    filter: dict[str, object] = Field(
        description="See the section on filters; `{}` matches everything.",
        examples=[{"kind": "note"}],
    )
    dry_run: bool = Field(False, description="Only count what matches.")
    purge: bool = Field(
        False, description="Delete what they say for good, with every version of them."
    )


class RestoreBody(Body):
    """What to bring back: some entries by their ids, or all forgotten ones that match."""

    ids: list[str] | None = Field(None, min_length=1, max_length=MOST_IDS, examples=[["trip-1"]])
    filter: dict[str, object] | None = Field(
        None, description="As they were when they were forgotten; `{}` matches everything."
    )
    dry_run: bool = Field(False, description="Only count what matches the filter.")


class BoostsBody(Body):
    """What else than the question may raise an entry, by `weight * (1 - place) * value`."""

    recency: float = Field(0.0, ge=0, le=1, description="The newer, the more.")
    importance: float = Field(0.0, ge=0, le=1, description="By `metadata.importance`, 0 to 1.")
    frequency: float = Field(0.0, ge=0, le=1, description="By `metadata.frequency`, a count.")
    half_life_days: float = Field(
        30.0,
        ge=SHORTEST_HALF_LIFE,
        le=LONGEST_HALF_LIFE,
        description="In which the value of recency halves.",
    )

    def boosts(self) -> Boosts:
        """The boosts as the engine takes them."""
        return Boosts(**self.model_dump())


class RecallBody(Body):
    """A question, or several."""

    query: str | None = Field(None, examples=["when is the launch?"])
    queries: list[str] | None = Field(None, min_length=1, max_length=MOST_QUERIES)
    limit: int = Field(20, ge=1, le=MAX_LIMIT, description="The most hits per query.")
    min_k: int = Field(0, ge=0, le=MAX_LIMIT, description="The fewest; at most `limit`.")
    cut: Literal["adaptive", "off"] = "adaptive"
    min_score: float | None = Field(None, ge=0, le=1, description="Hits below it are left out.")
    budget_tokens: int | None = Field(None, ge=1, description="The most tokens of returned text.")
    on_none: Literal["empty", "best"] = "empty"
    filter: dict[str, object] | None = None
    now: Time | None = Field(
        None,
        description="The caller's present, for `yesterday` and recency; by default the service's.",
    )
    context: int = Field(
        0, ge=0, le=MOST_CONTEXT, description="Turns to show on each side of a hit."
    )
    collapse: bool = Field(True, description="Fold entries that say the same into the newest.")
    boosts: BoostsBody | None = None
    timings: bool = Field(False, description="Whether the answer says how long each stage took.")

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if (self.query is None) == (self.queries is None):
            raise InvalidInputError("send either query or queries")
        return self

    def texts(self) -> tuple[str, ...]:
        """The queries, in order."""
        return (self.query,) if self.query is not None else tuple(self.queries or ())

    def cut_mode(self) -> CutMode:
        """The cut as the engine names it."""
        return CutMode(self.cut)

    def none_mode(self) -> OnNone:
        """What to give when nothing is there, as the engine names it."""
        return OnNone(self.on_none)

    def raised_by(self) -> Boosts:
        """The boosts as the engine takes them; none if none were sent."""
        return self.boosts.boosts() if self.boosts else Boosts()


class NamespaceSettings(Body):
    """A namespace's settings; those left out stay as they are."""

    language: str | None = Field(
        None,
        description="How words are stemmed; settable while the namespace is empty.",
        examples=["german"],
    )

    expiry_days: dict[str, float] | None = Field(
        None,
        description="By kind, after how many days an entry written without `expires_at` expires; "
        "takes the place of all that were set before.",
        examples=[{"note": 30}],
    )

    def named(self) -> dict[str, str]:
        """The settings that were sent, as the engine takes them."""
        sent = {} if self.language is None else {"language": self.language}
        if self.expiry_days is not None:
            sent[EXPIRY_DAYS] = setting_of(self.expiry_days)
        return sent


class NamespaceBody(Body):
    """How to create or configure a namespace."""

    settings: NamespaceSettings = NamespaceSettings(language=None, expiry_days=None)
