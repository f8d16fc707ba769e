"""What a recall may ask for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from memory_service.engine.times import aware
from memory_service.engine.validation import check_namespace, check_text
from memory_service.errors import (
    InvalidInputError,
    InvalidLimitError,
    NotFiniteError,
    TooManyEntriesError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from memory_service.model.recall import Boosts, RecallRequest

#: Queries of one call.
MOST_QUERIES = 64
#: Hits of one query, and candidates of one leg.
MOST_HITS = 1000
#: Turns of context on each side of a hit.
MOST_CONTEXT = 5
#: Days in which recency may halve.
SHORTEST_HALF_LIFE, LONGEST_HALF_LIFE = 0.01, 36_500.0


def check_recall(request: RecallRequest) -> None:
    """Refuse a request that cannot be answered.

    Raises:
        InvalidInputError: If a query or the namespace is refused, there is no leg, or `now` lies
            outside the years 1 to 9999.
        TooManyEntriesError: If there are more than 64 queries.
        InvalidLimitError: If `limit`, `min_k`, `depth`, the budget, the context or a boost is
            out of range.
        NotFiniteError: If `min_score`, the deadline or a boost is not a finite number.
    """
    check_namespace(request.namespace)
    if not request.queries:
        raise InvalidInputError("there is no query", field="/queries")
    if len(request.queries) > MOST_QUERIES:
        detail = f"one call takes at most {MOST_QUERIES} queries, not {len(request.queries)}"
        raise TooManyEntriesError(detail, field="/queries")
    for number, query in enumerate(request.queries):
        check_text(query, field=f"/queries/{number}" if len(request.queries) > 1 else "/query")
    if not (request.legs.dense or request.legs.lexical):
        raise InvalidInputError("a recall uses one leg at least", field="/legs")
    _check_range("limit", request.limit, low=1, high=MOST_HITS)
    _check_range("min_k", request.min_k, low=0, high=request.limit)
    _check_range("depth", request.depth, low=1, high=MOST_HITS)
    _check_range("budget_tokens", request.budget_tokens, low=1, high=2**31)
    _check_range("context", request.context, low=0, high=MOST_CONTEXT)
    _check_finite("min_score", request.min_score)
    _check_finite("deadline_seconds", request.deadline_seconds)
    if request.now is not None:
        aware(request.now, field="/now")
    _check_boosts(request.boosts)


def present_of(request: RecallRequest, clock: datetime) -> datetime:
    """The caller's present with an offset, UTC where it named none; *clock* without one."""
    return clock if request.now is None else aware(request.now, field="/now")


def _check_boosts(boosts: Boosts) -> None:
    for name in ("recency", "importance", "frequency"):
        _check_finite(f"boosts/{name}", getattr(boosts, name))
        _check_range(f"boosts/{name}", getattr(boosts, name), low=0, high=1)
    _check_finite("boosts/half_life_days", boosts.half_life_days)
    _check_range(
        "boosts/half_life_days",
        boosts.half_life_days,
        low=SHORTEST_HALF_LIFE,
        high=LONGEST_HALF_LIFE,
    )


def _check_range(name: str, value: float | None, *, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        detail = f"{name} lies between {low} and {high}, not {value}"
        raise InvalidLimitError(detail, field=f"/{name}")


def _check_finite(name: str, value: float | None) -> None:
    if value is not None and not math.isfinite(value):
        raise NotFiniteError("a number is finite", field=f"/{name}")
