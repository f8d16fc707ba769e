"""Recall: requests that cannot be answered."""

from __future__ import annotations

import math
from typing import Any

import pytest

from memory_service.errors import InvalidInputError, NamespaceNotFoundError
from memory_service.model.recall import Legs, RecallRequest
from tests.support.engines import a_bench
from tests.support.stars import stars

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"queries": ()}, "invalid_input", "/queries"),
    ({"queries": ("a",) * 65}, "too_many_entries", "/queries"),
    ({"queries": (" ",)}, "blank_text", "/query"),
    ({"queries": ("a", "\0")}, "forbidden_character", "/queries/1"),
    ({"queries": ("a" * 65537,)}, "text_too_long", "/query"),
    ({"limit": 0}, "invalid_limit", "/limit"),
    ({"limit": 1001}, "invalid_limit", "/limit"),
    ({"limit": 3, "min_k": 4}, "invalid_limit", "/min_k"),
    ({"min_k": -1}, "invalid_limit", "/min_k"),
    ({"depth": 0}, "invalid_limit", "/depth"),
    ({"budget_tokens": 0}, "invalid_limit", "/budget_tokens"),
    ({"min_score": math.nan}, "not_finite", "/min_score"),
    ({"deadline_seconds": math.inf}, "not_finite", "/deadline_seconds"),
    ({"legs": Legs(dense=False, lexical=False)}, "invalid_input", "/legs"),
]


@pytest.mark.parametrize(("fields", "code", "place"), REFUSED)
def test_a_request_that_cannot_be_answered_is_refused_by_name(
    fields: dict[str, Any], code: str, place: str
) -> None:
    bench = stars()
    request = RecallRequest(**{"namespace": "ns", "queries": ("comet",)} | fields)

    with pytest.raises(InvalidInputError) as refused:
        bench.engine.recall(request)

    assert (refused.value.code, refused.value.field) == (code, place)


def test_a_namespace_never_written_to_is_not_found() -> None:
    with pytest.raises(NamespaceNotFoundError):
        a_bench().ask("comet")
