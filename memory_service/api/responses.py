"""Answers: one model in, bytes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from pydantic import BaseModel
    from starlette.types import Receive, Scope, Send


class LinesResponse(Response):
    """An answer that is sent line by line while the request's body is still being read.

    The framework's own streaming answer watches for a disconnect by taking messages from the
    request, and so would swallow the body.
    """

    media_type = "application/x-ndjson"

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI's shape
        """Send the lines as they come."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        async for line in self._lines:
            await send({"type": "http.response.body", "body": line, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def model_response(
    model: BaseModel,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """An answer with *model* as its JSON body."""
    return Response(model_bytes(model), status_code=status, headers=headers, media_type=media_type)


def model_bytes(model: BaseModel) -> bytes:
    """The JSON of a model; by pydantic's own serialiser, which is as fast as any here."""
    return model.model_dump_json(by_alias=True).encode()
