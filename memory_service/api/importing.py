"""The import route: NDJSON in, one line out for every committed batch."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from memory_service.api.importer import Importer
from memory_service.api.responses import LinesResponse
from memory_service.api.service import RememberOptions, WriteCall
from memory_service.api.strict_route import JsonRoute
from memory_service.api.writes import PROBLEMS

router = APIRouter(
    prefix="/v1/namespaces/{namespace}",
    tags=["entries"],
    route_class=JsonRoute,
    responses=dict(PROBLEMS),
)

_NDJSON = "application/x-ndjson"
_LINES = {"content": {_NDJSON: {"schema": {"type": "string"}}}}
_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "description": "One entry a line.", **_LINES}
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Committed batches, one a line; then the end or an error.", **_LINES}
}


@router.post(
    "/entries:import",
    status_code=200,
    response_class=LinesResponse,
    responses=_ANSWERS,
    openapi_extra=_BODY,
)
async def import_entries(
    request: Request,
    namespace: str,
    call: WriteCall,
    options: RememberOptions,
) -> Response:
    """Remember entries in batches; each answered line acknowledges one committed batch.

    The answer grows while the body is still being sent.  A client that reads it only afterwards
    should import in calls of a few thousand lines.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _NDJSON:
        raise HTTPException(415, f"Send the body as Content-Type: {_NDJSON}, one entry a line.")
    importer = Importer(namespace, options, call)
    return LinesResponse(importer.answer(request.stream()))
