"""The route that lets another model serve.  Which one, no request says: the data folder does."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from memory_service.api.responses import model_response
from memory_service.api.service import ReadCall
from memory_service.api.status import ReembedAnswer, ReembedReport
from memory_service.api.strict_route import JsonRoute
from memory_service.api.writes import PROBLEMS

router = APIRouter(tags=["status"], route_class=JsonRoute, responses=dict(PROBLEMS))


@router.post("/v1/reembed", response_model=ReembedReport)
async def reembed(call: ReadCall) -> Response:
    """Look into the data folder for the model that is to serve, and begin or end its way there.

    `memory-service reembed` writes it there; a request names no model.
    """
    status = await call.read(lambda engine: engine.reembed())
    return model_response(ReembedReport(reembed=ReembedAnswer.of(status) if status else None))
