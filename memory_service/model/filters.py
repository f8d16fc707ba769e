"""Which entries a call looks at: a small closed grammar, parsed once, compiled elsewhere.

The JSON form (what callers send):

    {"kind": "fact"}                                   equality, short form
    {"kind": {"in": ["fact", "event"]}}
    {"tags": {"any": ["a", "b"]}}   {"tags": {"all": ["a", "b"]}}
    {"scope": {"prefix": "user/ann"}}                  whole path segments
    {"event_time": {"gte": "2024-01-01", "lt": "2024-02-01"}}
    {"metadata.priority": {"gt": 3}}
    {"and": [F, …]}   {"or": [F, …]}   {"not": F}

Several keys in one object mean *and*.  A comparison with a field the entry does not have, or
of a number with a string, is false; `ne` is the negation of `eq`; `not` negates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FilterValue = str | int | float | bool | datetime


class Operator(StrEnum):
    """What a comparison asks."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    ANY = "any"
    ALL = "all"
    PREFIX = "prefix"
    EXISTS = "exists"


class Field(StrEnum):
    """What a comparison looks at; `METADATA` comes with a key."""

    ID = "id"
    KIND = "kind"
    TAGS = "tags"
    SCOPE = "scope"
    SESSION = "session"
    TURN = "turn"
    SPEAKER = "speaker"
    SOURCE = "source"
    EVENT_TIME = "event_time"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    EXPIRES_AT = "expires_at"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """One comparison.  `values` holds one value, but for `in`, `any` and `all`.

    `key` is the metadata key when `field` is `METADATA`, else empty.
    """

    field: Field
    operator: Operator
    values: tuple[FilterValue, ...]
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All of them; true when empty."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """One of them at least; false when empty."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The complement."""

    filter: Filter


Filter = Compare | And | Or | Not
