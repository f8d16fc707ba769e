"""The HTTP application: its layers, its routes, its description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from memory_service.api import (
    docs_page,
    entries,
    importing,
    keeping,
    lists,
    namespaces,
    recall,
    reembed,
    status,
)
from memory_service.api.access import OPEN_PATHS, Access, AccessPolicy
from memory_service.api.errors import (
    answer_http_error,
    answer_service_error,
    answer_validation_error,
)
from memory_service.api.head import Head
from memory_service.api.request_log import RequestLog
from memory_service.errors import MemoryServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.api.service import Service

_DESCRIPTION = """A local memory for agents: remember entries, recall the few that a question needs.

Every error is a problem (RFC 9457) with a stable `code`."""


def build_application(
    service: Service, policy: AccessPolicy, *, new_id: Callable[[], str]
) -> FastAPI:
    """The application over *service*; *new_id* names requests."""
    app = FastAPI(
        title="Memory service",
        version=service.identity.version,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    # The layer added last is the outermost.
    app.add_middleware(Access, policy=policy)
    app.add_middleware(Head)
    app.add_middleware(RequestLog, monotonic=service.monotonic, new_id=new_id)
    app.add_exception_handler(MemoryServiceError, answer_service_error)
    app.add_exception_handler(RequestValidationError, answer_validation_error)
    app.add_exception_handler(HTTPException, answer_http_error)
    # The path of an entry takes the rest of the address, so it goes after its siblings.
    for module in (
        importing,
        entries,
        lists,
        recall,
        namespaces,
        keeping,
        reembed,
        status,
        docs_page,
    ):
        app.include_router(module.router)
    # The framework's documented way to complete its description, made when it is first asked for.
    app.openapi = lambda: _description(app)  # type: ignore[method-assign]
    return app


def _description(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with which routes need the key and how it is sent."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document = FastAPI.openapi(app)
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    document["security"] = [{"bearer": []}, {"key": []}]
    for path in OPEN_PATHS & document["paths"].keys():
        for operation in document["paths"][path].values():
            operation["security"] = []
    return document
