"""What the answers of writes have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memory_service.api.answers import SingleOutcome
from memory_service.api.errors import problem_response
from memory_service.api.responses import model_response
from memory_service.model.write import OutcomeStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from memory_service.model.position import Position
    from memory_service.model.write import Receipt

#: For `responses=` of a route: every error has the same shape.
PROBLEMS: Mapping[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem; `code` says which.",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
}


def position_headers(position: Position, *, replayed: bool = False) -> dict[str, str]:
    """The headers that say where the log is, and that an answer is a replay."""
    headers = {"Memory-Position": str(position)}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return headers


def single_response(receipt: Receipt, request_id: str) -> Response:
    """The answer to a write of one entry; a refusal is a problem."""
    answer = SingleOutcome.of_receipt(receipt, request_id)
    headers = position_headers(receipt.position, replayed=receipt.replayed)
    if answer.error is not None:
        return problem_response(answer.error, headers=headers)
    status = 201 if answer.status is OutcomeStatus.CREATED else 200
    return model_response(answer, status=status, headers=headers)
