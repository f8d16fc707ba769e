"""Filters: every form in the grammar, and a pointer for every refusal."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from memory_service.engine.filter_grammar import parse_filter
from memory_service.errors import InvalidInputError
from memory_service.model.filters import And, Compare, Field, FilterValue, Not, Operator, Or


def compare(field: Field, operator: Operator, *values: FilterValue, key: str = "") -> Compare:
    return Compare(field=field, operator=operator, values=values, key=key)


FACT = compare(Field.KIND, Operator.EQ, "fact")
MAY = datetime(2024, 5, 1, tzinfo=UTC)
JUNE = datetime(2024, 6, 1, tzinfo=UTC)

FORMS: list[tuple[Any, object]] = [
    ({}, And(filters=())),
    ({"kind": "fact"}, FACT),
    ({"kind": {"eq": "fact"}}, FACT),
    ({"kind": {"in": ["a", "b"]}}, compare(Field.KIND, Operator.IN, "a", "b")),
    ({"kind": {"in": []}}, compare(Field.KIND, Operator.IN)),
    ({"id": {"ne": "x"}}, compare(Field.ID, Operator.NE, "x")),
    ({"source": {"exists": False}}, compare(Field.SOURCE, Operator.EXISTS, False)),
    ({"session": 12}, compare(Field.SESSION, Operator.EQ, "12")),
    ({"tags": {"any": ["a", "b"]}}, compare(Field.TAGS, Operator.ANY, "a", "b")),
    ({"tags": {"all": ["a"]}}, compare(Field.TAGS, Operator.ALL, "a")),
    ({"scope": {"prefix": "team"}}, compare(Field.SCOPE, Operator.PREFIX, "team")),
    ({"turn": {"lte": 4}}, compare(Field.TURN, Operator.LTE, 4)),
    (
        {"event_time": {"gte": "2024-05-01", "lt": "2024-06-01T00:00:00Z"}},
        And(
            filters=(
                compare(Field.EVENT_TIME, Operator.GTE, MAY),
                compare(Field.EVENT_TIME, Operator.LT, JUNE),
            )
        ),
    ),
    (
        {"metadata.priority": {"gt": 3}},
        compare(Field.METADATA, Operator.GT, 3, key="priority"),
    ),
    ({"metadata.a.b": True}, compare(Field.METADATA, Operator.EQ, True, key="a.b")),
    (
        {"kind": "fact", "speaker": "Ann"},
        And(filters=(FACT, compare(Field.SPEAKER, Operator.EQ, "Ann"))),
    ),
    ({"not": {"kind": "fact"}}, Not(filter=FACT)),
    ({"or": [{"kind": "fact"}, {}]}, Or(filters=(FACT, And(filters=())))),
    ({"and": [{"kind": "fact"}]}, And(filters=(FACT,))),
]


@pytest.mark.parametrize(("value", "expected"), FORMS)
def test_each_form_means_what_the_grammar_says(value: object, expected: object) -> None:
    assert parse_filter(value) == expected


REFUSALS: list[tuple[Any, str, str]] = [
    ([], "invalid_filter", "/"),
    ("kind", "invalid_filter", "/"),
    ({"knid": "fact"}, "invalid_filter", "/knid"),
    ({"text": "x"}, "invalid_filter", "/text"),
    ({"metadata": {"a": 1}}, "invalid_filter", "/metadata"),
    ({"metadata.": 1}, "invalid_filter", "/metadata."),
    ({"metadata." + "k" * 9999: 1}, "invalid_filter", "/metadata." + "k" * 1024),
    ({"kind": {}}, "invalid_filter", "/kind"),
    ({"kind": {"like": "f%"}}, "invalid_filter", "/kind/like"),
    ({"kind": {"gt": "a"}}, "invalid_filter", "/kind/gt"),
    ({"kind": 3}, "invalid_filter", "/kind"),
    ({"kind": None}, "invalid_filter", "/kind"),
    ({"kind": {"in": "fact"}}, "invalid_filter", "/kind/in"),
    ({"kind": {"in": ["a", 1]}}, "invalid_filter", "/kind/in/1"),
    ({"kind": {"in": ["a"] * 257}}, "invalid_filter", "/kind/in"),
    ({"kind": {"exists": "yes"}}, "invalid_filter", "/kind/exists"),
    ({"tags": "a"}, "invalid_filter", "/tags"),
    ({"session": True}, "invalid_filter", "/session"),
    ({"turn": "4"}, "invalid_filter", "/turn"),
    ({"turn": True}, "invalid_filter", "/turn"),
    ({"turn": 2**63}, "invalid_input", "/turn"),
    ({"event_time": {"gte": "yesterday"}}, "invalid_filter", "/event_time/gte"),
    ({"event_time": {"gte": 5}}, "invalid_filter", "/event_time/gte"),
    ({"metadata.a/b": None}, "invalid_filter", "/metadata.a~1b"),
    ({"metadata.a": math.nan}, "not_finite", "/metadata.a"),
    ({"metadata.a": {"lt": math.inf}}, "not_finite", "/metadata.a/lt"),
    ({"kind": "a\0"}, "forbidden_character", "/kind"),
    ({"metadata.a": "\ud800"}, "forbidden_character", "/metadata.a"),
    ({"and": {"kind": "fact"}}, "invalid_filter", "/and"),
    ({"or": [{"kind": "fact"}, 3]}, "invalid_filter", "/or/1"),
    ({"not": [{"kind": "fact"}]}, "invalid_filter", "/not"),
]


@pytest.mark.parametrize(("value", "code", "pointer"), REFUSALS)
def test_each_refusal_names_its_place(value: object, code: str, pointer: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_filter(value)

    assert (refused.value.code, refused.value.field) == (code, pointer)


def test_64_comparisons_are_taken_and_65_are_not() -> None:
    parse_filter({"or": [{"kind": "fact"}] * 64})

    with pytest.raises(InvalidInputError, match="64"):
        parse_filter({"or": [{"kind": "fact"}] * 65})


def nested(depth: int) -> object:
    return {"not": nested(depth - 1)} if depth else {"kind": "fact"}


def test_nesting_of_8_is_taken_and_of_9_or_9000_is_not() -> None:
    parse_filter(nested(8))

    for depth in (9, 900):
        with pytest.raises(InvalidInputError, match="8 deep"):
            parse_filter(nested(depth))
