"""The route of recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from memory_service.api.filters import body_filter
from memory_service.api.recall_answers import BatchRecall, Served, SingleRecall, one_answer
from memory_service.api.responses import model_response
from memory_service.api.schemas import RecallBody
from memory_service.api.service import ReadCall, Role, Service
from memory_service.api.strict_route import JsonRoute
from memory_service.api.writes import PROBLEMS, position_headers
from memory_service.model.recall import RecallRequest
from memory_service.retrieval.packing import TOKEN_ESTIMATOR

if TYPE_CHECKING:
    from memory_service.engine.engine import MemoryEngine
    from memory_service.model.recall import RecallAnswer

router = APIRouter(
    prefix="/v1/namespaces/{namespace}",
    tags=["recall"],
    route_class=JsonRoute,
    responses=dict(PROBLEMS),
)


@router.post("/recall", response_model=SingleRecall | BatchRecall)
async def recall(namespace: str, body: RecallBody, call: ReadCall) -> Response:
    """Answer one query, or up to 64 that are embedded together."""
    matching = None if body.filter is None else body_filter(body.filter)

    def work(engine: MemoryEngine) -> RecallAnswer:
        return engine.recall(
            RecallRequest(
                namespace=namespace,
                queries=body.texts(),
                limit=body.limit,
                min_k=body.min_k,
                cut=body.cut_mode(),
                min_score=body.min_score,
                budget_tokens=body.budget_tokens,
                on_none=body.none_mode(),
                filter=matching,
                deadline_seconds=call.deadline.remaining(),
                now=body.now,
                context=body.context,
                collapse=body.collapse,
                boosts=body.raised_by(),
            )
        )

    answer = await call.recall(work)
    return model_response(
        _answer(answer, body, call.service), headers=position_headers(answer.position)
    )


def _answer(answer: RecallAnswer, body: RecallBody, service: Service) -> SingleRecall | BatchRecall:
    served = Served(
        model=answer.model,
        served_by=service.identity.node_id,
        role=Role.of(damaged=answer.damaged),
        position=str(answer.position),
        staleness_seconds=0.0,
    )
    answers = [
        one_answer(one, estimator=TOKEN_ESTIMATOR, timings=body.timings) for one in answer.answers
    ]
    if body.query is not None:
        return SingleRecall(**dict(answers[0]), **dict(served))
    return BatchRecall(answers=answers, **dict(served))
