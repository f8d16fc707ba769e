"""Errors on the wire: RFC 9457 problem details with a stable code.

The only place that knows which HTTP status an error has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from memory_service.api.responses import model_response
from memory_service.api.strict_json import escape_pointer
from memory_service.errors import IdempotencyInProgressError, MemoryServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

#: HTTP status by code; a code that is not here is a fault of ours and 500.
STATUS_BY_CODE: Mapping[str, int] = {
    "invalid_cursor": 400,
    "malformed_body": 400,
    "unauthorized": 401,
    "forbidden_origin": 403,
    "entry_not_found": 404,
    "backup_not_found": 404,
    "namespace_not_found": 404,
    "route_not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "id_taken": 409,
    "idempotency_in_progress": 409,
    "backup_in_progress": 409,
    "version_conflict": 412,
    "too_many_entries": 413,
    "unsupported_media_type": 415,
    "not_primary": 421,
    "invalid_input": 422,
    "blank_text": 422,
    "text_too_long": 422,
    "forbidden_character": 422,
    "not_finite": 422,
    "invalid_id": 422,
    "invalid_namespace": 422,
    "invalid_filter": 422,
    "invalid_limit": 422,
    "malformed_line": 422,
    "idempotency_key_reused": 422,
    "internal": 500,
    "storage": 500,
    "corrupt_store": 500,
    "damaged_log": 500,
    "unavailable": 503,
    "not_ready": 503,
    "damaged": 503,
    "deadline_exceeded": 504,
    "storage_full": 507,
    "sync_failed": 500,
}

_CODE_BY_HTTP_STATUS = {
    400: "malformed_body",
    404: "route_not_found",
    405: "method_not_allowed",
    415: "unsupported_media_type",
}

_CODE_BY_PYDANTIC_TYPE = {
    "greater_than_equal": "invalid_limit",
    "less_than_equal": "invalid_limit",
    "finite_number": "not_finite",
    "string_unicode": "forbidden_character",
    "too_long": "too_many_entries",
}

#: Only shapes of ours are named; pydantic's own words for these name Python's types and classes.
_DETAIL_BY_PYDANTIC_TYPE = {
    "extra_forbidden": "There is no such field here; check its spelling against /docs.",
    "missing": "This is required.",
    "model_type": "Send a JSON object.",
    "model_attributes_type": "Send a JSON object.",
    "dict_type": "Send a JSON object.",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_RETRYABLE = {
    "not_ready",
    "not_primary",
    "unavailable",
    "deadline_exceeded",
    "idempotency_in_progress",
}
_SHOWN_ERRORS = 20


class FieldProblem(BaseModel):
    """What is wrong with one part of the request."""

    model_config = ConfigDict(frozen=True)

    pointer: str = Field(
        description="JSON pointer into the body, `?name` for a query parameter, or a header's name."
    )
    code: str
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(frozen=True)

    type: str = "about:blank"
    title: str = Field(description="The code in words.", examples=["Id taken"])
    status: int = Field(examples=[409])
    code: str = Field(description="Stable, for programs.", examples=["id_taken"])
    detail: str = Field(description="What happened and what to do, for people.")
    instance: str = Field(description="The request's id, as in `X-Request-Id` and the log.")
    retryable: bool = Field(description="Whether the same request may succeed later.")
    errors: list[FieldProblem] = Field(default_factory=list)


def problem(
    code: str, detail: str, request_id: str, *, errors: Sequence[FieldProblem] = ()
) -> Problem:
    """The problem of a code."""
    return Problem(
        title=code.replace("_", " ").capitalize(),
        status=STATUS_BY_CODE.get(code, 500),
        code=code,
        detail=detail,
        instance=request_id,
        retryable=code in _RETRYABLE,
        errors=list(errors),
    )


def problem_of(error: MemoryServiceError, request_id: str) -> Problem:
    """The problem of one of our errors."""
    if error.code not in STATUS_BY_CODE:
        return internal_problem(request_id)
    parts = []
    if error.field is not None:
        parts.append(FieldProblem(pointer=error.field, code=error.code, detail=error.detail))
    return problem(error.code, error.detail, request_id, errors=parts)


def internal_problem(request_id: str) -> Problem:
    """The problem of a fault of ours, which tells nothing of its inside."""
    return problem(
        "internal",
        f"The service failed on this request; its log has the reason under {request_id}.",
        request_id,
    )


def problem_response(answer: Problem, *, headers: Mapping[str, str] | None = None) -> Response:
    """The HTTP answer to a problem."""
    extra = dict(headers or {})
    if answer.status == 401:
        extra["WWW-Authenticate"] = "Bearer"
    if (
        answer.status == 503 and answer.retryable
    ) or answer.code == IdempotencyInProgressError.code:
        extra["Retry-After"] = "1"
    return model_response(
        answer, status=answer.status, headers=extra, media_type="application/problem+json"
    )


def request_id_of(request: Request) -> str:
    """The id that the outermost layer gave this request."""
    request_id: str = request.scope["memory.request_id"]
    return request_id


async def answer_service_error(request: Request, error: Exception) -> Response:
    """Handler of `MemoryServiceError`."""
    if not isinstance(error, MemoryServiceError):
        raise error
    return problem_response(problem_of(error, request_id_of(request)))


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Handler of the framework's own refusals: no such route, wrong method."""
    if not isinstance(error, HTTPException):
        raise error
    code = _CODE_BY_HTTP_STATUS.get(error.status_code, "internal")
    detail = {
        "route_not_found": "There is nothing at this address; /docs lists the routes.",
        "method_not_allowed": "This address does not take this method; see the Allow header.",
    }.get(code, error.detail)
    headers = dict(error.headers or {})
    if code == "method_not_allowed":
        headers["Allow"] = ", ".join(_allowed(request))
    return problem_response(problem(code, detail, request_id_of(request)), headers=headers)


def _allowed(request: Request) -> list[str]:
    """What the address takes; the framework names only the methods of its first route."""
    routes = request.app.routes
    methods = [
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes
        )
    ]
    return ["GET", "HEAD", *methods[1:]] if "GET" in methods else methods


async def answer_validation_error(request: Request, error: Exception) -> Response:
    """Handler of a body or parameter of the wrong shape; says where, never what was sent."""
    if not isinstance(error, RequestValidationError):
        raise error
    parts = field_problems(error.errors())
    first = parts[0]
    return problem_response(
        problem(
            first.code, f"{first.pointer}: {first.detail}", request_id_of(request), errors=parts
        )
    )


def field_problems(errors: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    """What pydantic found, as far as we show it."""
    return [_field_problem(error) for error in errors[:_SHOWN_ERRORS]]


def _field_problem(error: Mapping[str, Any]) -> FieldProblem:
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, MemoryServiceError):
        code, detail = cause.code, cause.detail
    else:
        code = _CODE_BY_PYDANTIC_TYPE.get(error["type"], "invalid_input")
        detail = _detail(error)
    return FieldProblem(pointer=_pointer(error["loc"]), code=code, detail=detail)


def _detail(error: Mapping[str, Any]) -> str:
    return _DETAIL_BY_PYDANTIC_TYPE.get(error["type"], f"{error['msg']}.")


def _pointer(location: Sequence[str | int]) -> str:
    # A part in angle brackets names the branch of a union, which the caller knows nothing of.
    parts = [part for part in location if not (isinstance(part, str) and part.startswith("<"))]
    match parts:
        case ["body", *path]:
            return "".join(f"/{escape_pointer(part)}" for part in path) or "/"
        case ["query", name, *_]:
            return f"?{name}"
        case ["header" | "path", name, *_]:
            return str(name)
        case _:
            return "".join(f"/{escape_pointer(part)}" for part in parts) or "/"
