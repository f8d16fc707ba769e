"""Changing fields of a draft by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from memory_service.engine.changing import changed
from memory_service.errors import InvalidInputError
from tests.support.builders import a_draft


def test_only_the_fields_named_change() -> None:
    draft = a_draft(kind="fact", tags=("a",), speaker="Ann")

    after = changed(draft, {"kind": "event", "tags": ["b", "c"]})

    assert after == a_draft(kind="event", tags=("b", "c"), speaker="Ann")


def test_none_clears_a_field() -> None:
    draft = a_draft(kind="fact", tags=("a",), metadata={"a": 1}, turn=3)

    after = changed(draft, {"kind": None, "tags": None, "metadata": None, "turn": None})

    assert after == a_draft()


def test_a_time_is_read_and_a_numbered_session_is_a_string() -> None:
    after = changed(a_draft(), {"event_time": "2024-05-01T10:00:00", "session": 7})

    assert after == a_draft(event_time=datetime(2024, 5, 1, 10, tzinfo=UTC), session="7")


REFUSED: list[tuple[str, Any]] = [
    ("id", "b"),
    ("namespace", "other"),
    ("txet", "new"),
    ("text", 3),
    ("turn", "3"),
    ("turn", True),
    ("tags", "a"),
    ("metadata", []),
    ("event_time", "soon"),
    ("session", False),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_an_unknown_field_or_a_wrong_type_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(InvalidInputError) as refused:
        changed(a_draft(), {name: value})

    assert refused.value.field == f"/{name}"
