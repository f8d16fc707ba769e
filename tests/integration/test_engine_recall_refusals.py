"""Recall: requests that cannot be answered."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from memory_service.engine.recall_checks import present_of
from memory_service.errors import InvalidInputError, NamespaceNotFoundError
from memory_service.model.recall import Boosts, Legs, RecallRequest
from tests.support.engines import a_bench
from tests.support.stars import stars

WEST = timezone(timedelta(hours=-5))
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
    ({"context": -1}, "invalid_limit", "/context"),
    ({"context": 6}, "invalid_limit", "/context"),
    ({"now": datetime.max.replace(tzinfo=WEST)}, "invalid_input", "/now"),
    ({"boosts": Boosts(recency=1.01)}, "invalid_limit", "/boosts/recency"),
    ({"boosts": Boosts(importance=-0.1)}, "invalid_limit", "/boosts/importance"),
    ({"boosts": Boosts(frequency=math.nan)}, "not_finite", "/boosts/frequency"),
    ({"boosts": Boosts(half_life_days=0.0)}, "invalid_limit", "/boosts/half_life_days"),
    ({"boosts": Boosts(half_life_days=math.inf)}, "not_finite", "/boosts/half_life_days"),
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


def test_the_present_is_the_callers_or_else_the_clocks_and_utc_without_an_offset() -> None:
    clock = datetime(2024, 5, 20, tzinfo=UTC)
    request = RecallRequest(namespace="ns", queries=("comet",))
    naive = RecallRequest(namespace="ns", queries=("comet",), now=datetime(2023, 1, 1))  # noqa: DTZ001

    assert present_of(request, clock) == clock
    assert present_of(naive, clock) == datetime(2023, 1, 1, tzinfo=UTC)
