"""What is refused, with which code, and where."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from memory_service.engine.validation import (
    check_id,
    check_idempotency,
    check_namespace,
    check_text,
    checked_draft,
)
from memory_service.errors import InvalidInputError
from memory_service.model.write import Idempotency
from tests.support.builders import a_draft


def no_new_id() -> str:
    raise AssertionError("the draft has an id")


@pytest.mark.parametrize("name", ["a", "conv-26", "A.b_c-9", "x" * 128])
def test_a_namespace_of_plain_characters_is_taken(name: str) -> None:
    check_namespace(name)


@pytest.mark.parametrize("name", ["", "x" * 129, "a/b", "naïve", "a b", "a\n"])
def test_another_namespace_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_namespace(name)

    assert refused.value.code == "invalid_namespace"


@pytest.mark.parametrize("id", ["a", "conv-26/D1:1", "…", "x" * 512, "a b"])
def test_an_id_of_up_to_512_bytes_is_taken(id: str) -> None:
    check_id(id)


@pytest.mark.parametrize(
    ("id", "code"),
    [
        ("", "invalid_id"),
        (".", "invalid_id"),
        ("..", "invalid_id"),
        ("x" * 513, "invalid_id"),
        ("é" * 257, "invalid_id"),
        ("a\x1fb", "forbidden_character"),
        ("a\x7f", "forbidden_character"),
        ("a\0b", "forbidden_character"),
        ("a\ud800", "forbidden_character"),
    ],
)
def test_an_id_that_cannot_name_an_entry_is_refused(id: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_id(id)

    assert refused.value.code == code


@pytest.mark.parametrize("text", ["a", "…", "发", "👍", "\u0301a", "x" * 65536, "a\nb\tc"])
def test_a_text_with_something_to_see_is_taken(text: str) -> None:
    assert check_text(text, field="/text") == len(text.encode())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "blank_text"),
        (" \t\n\u2003", "blank_text"),
        ("\u200b\ufeff\u00ad", "blank_text"),
        ("\u3164\u2800", "blank_text"),
        ("x" * 65537, "text_too_long"),
        ("é" * 32769, "text_too_long"),
        ("a\0b", "forbidden_character"),
        ("half \udc00", "forbidden_character"),
    ],
)
def test_a_text_that_cannot_be_remembered_is_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_text(text, field="/text")

    assert (refused.value.code, refused.value.field) == (code, "/text")


REFUSED_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"summary": " "}, "blank_text", "/summary"),
    ({"text": "x" * 40_000, "summary": "y" * 40_000}, "text_too_long", "/summary"),
    ({"kind": ""}, "invalid_input", "/kind"),
    ({"speaker": "x" * 1025}, "invalid_input", "/speaker"),
    ({"session": "a\0"}, "forbidden_character", "/session"),
    ({"tags": ("ok", "")}, "invalid_input", "/tags/1"),
    ({"tags": tuple(map(str, range(65)))}, "invalid_input", "/tags"),
    ({"metadata": dict.fromkeys(map(str, range(65)), 1)}, "invalid_input", "/metadata"),
    ({"metadata": {"": 1}}, "invalid_input", "/metadata"),
    ({"metadata": {"a": math.nan}}, "not_finite", "/metadata/a"),
    ({"metadata": {"a": -math.inf}}, "not_finite", "/metadata/a"),
    ({"metadata": {"a": 2**63}}, "invalid_input", "/metadata/a"),
    ({"metadata": {"a": [1]}}, "invalid_input", "/metadata/a"),
    ({"metadata": {"a": "\ud800"}}, "forbidden_character", "/metadata/a"),
    ({"turn": 2**63}, "invalid_input", "/turn"),
    (
        {"event_time": datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))},
        "invalid_input",
        "/event_time",
    ),
]


@pytest.mark.parametrize(("fields", "code", "place"), REFUSED_FIELDS)
def test_a_field_that_cannot_be_kept_is_refused_by_name(
    fields: dict[str, Any], code: str, place: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        checked_draft(a_draft(**fields), no_new_id)

    assert (refused.value.code, refused.value.field) == (code, place)


def test_no_refusal_quotes_the_text() -> None:
    with pytest.raises(InvalidInputError) as refused:
        checked_draft(a_draft(text="my secret\0"), no_new_id)

    assert "secret" not in str(refused.value)


def test_a_draft_without_an_id_gets_a_new_one() -> None:
    assert checked_draft(a_draft(id=""), lambda: "fresh").id == "fresh"


def test_a_time_without_an_offset_is_utc_and_another_keeps_its_offset() -> None:
    tokyo = datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=9)))

    draft = checked_draft(a_draft(event_time=datetime(2026, 1, 1), expires_at=tokyo), no_new_id)  # noqa: DTZ001  # naive on purpose

    assert draft.event_time == datetime(2026, 1, 1, tzinfo=UTC)
    assert draft.expires_at is not None
    assert draft.expires_at.isoformat() == "2026-01-01T08:00:00+09:00"


def test_a_full_draft_is_taken_as_it_is() -> None:
    draft = a_draft(
        summary="moved",
        kind="fact",
        scope="team/launch",
        tags=("launch",),
        metadata={"a": 1, "b": 0.5, "c": True, "d": None, "e": ""},
        session="s",
        turn=0,
        speaker="Ann",
        source="slack",
        event_time=datetime(2026, 1, 1, tzinfo=UTC),
    )

    assert checked_draft(draft, no_new_id) == draft


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é", "a\n"])
def test_an_idempotency_key_is_visible_ascii(key: str) -> None:
    with pytest.raises(InvalidInputError):
        check_idempotency(Idempotency(key=key, body_digest=b""))
