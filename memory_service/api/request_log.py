"""The outermost layer: an id for every request, one log line, and an answer whatever happens."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from starlette.requests import ClientDisconnect

from memory_service.api.errors import internal_problem, problem, problem_of, problem_response
from memory_service.api.failures import log_failure, stopping

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("memory_service.requests")


class RequestLog:
    """ASGI layer; logs the method, the route's template, the status and the time, never a text."""

    def __init__(
        self, app: ASGIApp, *, monotonic: Callable[[], float], new_id: Callable[[], str]
    ) -> None:
        self._app = app
        self._monotonic = monotonic
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["memory.request_id"] = self._new_id()
        scope["memory.arrived"] = self._monotonic()
        answer = _Answer(send, scope["memory.request_id"])
        await self._serve(scope, receive, answer)
        self._log(scope, answer)

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        request_id = scope["memory.request_id"]
        try:
            if _utf8(scope.get("raw_path") or b""):
                await self._app(scope, receive, answer.send)
            else:
                detail = "The address is not UTF-8; percent-encode its UTF-8 bytes."
                refusal = problem("forbidden_character", detail, request_id)
                await problem_response(refusal)(scope, receive, answer.send)
        except ClientDisconnect:
            log.info("request %s: the client left before its request was whole", request_id)
        except asyncio.CancelledError:
            if answer.status == 0:
                await problem_response(problem_of(stopping(), request_id))(
                    scope, receive, answer.send
                )
        except Exception as error:  # noqa: BLE001  the last resort; logged and answered
            log_failure(log, error, request_id)
            if answer.status == 0:
                failed = problem_response(internal_problem(request_id))
                await failed(scope, receive, answer.send)

    def _log(self, scope: Scope, answer: _Answer) -> None:
        log.info(
            "%s %s %d %.1fms %s",
            scope["method"],
            _template(scope),
            answer.status,
            (self._monotonic() - scope["memory.arrived"]) * 1000,
            scope["memory.request_id"],
        )


class _Answer:
    """Adds the headers that every answer has, and remembers the status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._headers = [
            (b"x-request-id", request_id.encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self._headers]
        await self._send(message)


def _utf8(raw_path: bytes) -> bool:
    try:
        unquote_to_bytes(raw_path).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _template(scope: Scope) -> str:
    template: str = getattr(scope.get("route"), "path", "-")
    return template
