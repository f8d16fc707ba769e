"""What a caller leaves out means the same over HTTP, on the command line and in the engine."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from memory_service.api.schemas import RecallBody
from memory_service.cli.evaluate import evaluate
from memory_service.cli.recall import recall
from memory_service.model.recall import RecallRequest

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINE = RecallRequest(namespace="ns", queries=("tea",))


def test_a_body_with_a_query_alone_asks_what_the_engine_asks_by_default() -> None:
    body = RecallBody.model_validate({"query": "tea"})

    request = RecallRequest(
        namespace="ns",
        queries=body.texts(),
        limit=body.limit,
        min_k=body.min_k,
        cut=body.cut_mode(),
        min_score=body.min_score,
        budget_tokens=body.budget_tokens,
        on_none=body.none_mode(),
        now=body.now,
        context=body.context,
        collapse=body.collapse,
        boosts=body.raised_by(),
    )

    assert request == ENGINE


@pytest.mark.parametrize("command", [recall, evaluate])
def test_a_command_asks_for_as_many_hits_as_the_engine(command: Callable[..., None]) -> None:
    limit = inspect.signature(command).parameters["limit"].default

    assert limit == ENGINE.limit
