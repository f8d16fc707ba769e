"""What a recall may ask for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from memory_service.engine.validation import check_namespace, check_text
from memory_service.errors import (
    InvalidInputError,
    InvalidLimitError,
    NotFiniteError,
    TooManyEntriesError,
)

if TYPE_CHECKING:
    from memory_service.model.recall import RecallRequest

#: Queries of one call.
MOST_QUERIES = 64
#: Hits of one query, and candidates of one leg.
MOST_HITS = 1000


def check_recall(request: RecallRequest) -> None:
    """Refuse a request that cannot be answered.

    Raises:
        InvalidInputError: If a query or the namespace is refused, or there is no leg.
        TooManyEntriesError: If there are more than 64 queries.
        InvalidLimitError: If `limit`, `min_k`, `depth` or the budget is out of range.
        NotFiniteError: If `min_score` or the deadline is not a finite number.
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
    _check_finite("min_score", request.min_score)
    _check_finite("deadline_seconds", request.deadline_seconds)


def _check_range(name: str, value: int | None, *, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        detail = f"{name} lies between {low} and {high}, not {value}"
        raise InvalidLimitError(detail, field=f"/{name}")


def _check_finite(name: str, value: float | None) -> None:
    if value is not None and not math.isfinite(value):
        raise NotFiniteError("a number is finite", field=f"/{name}")
