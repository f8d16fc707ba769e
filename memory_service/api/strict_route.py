"""The route class of every route: checks a request before the framework reads it.

The framework's own body handling takes a body of any size, guesses at its type, drops unknown
query parameters, and answers 500 to some JSON; so these are decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fastapi.routing import APIRoute
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request

from memory_service.api.strict_json import NotJsonError, parse
from memory_service.errors import InvalidInputError, TooManyEntriesError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from fastapi.dependencies.models import Dependant
    from starlette.responses import Response

MIB = 1024 * 1024
#: How much of a body that is too large is read and thrown away, so that its sender gets to
#: read the answer instead of a broken connection.
_DISCARDED = 32 * MIB


class _RestConvertor(PathConvertor):
    """The rest of an address, whatever it holds.

    The framework's own `path` stops at a line break, and drops one at the end: `a%0A` was `a`.
    """

    regex = "(?s:.*)"


register_url_convertor("rest", _RestConvertor())


class StrictRequest(Request):
    """A request whose body was read whole and parsed strictly.

    `content` holds the body's bytes; it is empty where no body was wanted.
    """

    content: bytes = b""

    async def load(self, limit: int) -> None:
        """Read and parse the body.

        Raises:
            TooManyEntriesError: If it has more than *limit* bytes.
            HTTPException: 415 if it is not declared JSON, 400 if it is none.
            InvalidInputError: If it holds what JSON has no room for.
        """
        self.content = self._body = await self._bounded(limit)
        _check_content_type(self.headers.get("content-type", ""))
        try:
            self._json = parse(self.content)
        except NotJsonError as error:
            raise HTTPException(400, f"The body is not JSON: {error}.") from None

    async def _bounded(self, limit: int) -> bytes:
        chunks, size = [], 0
        async for chunk in self.stream():
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
            elif size > limit + _DISCARDED:
                break
        if size > limit:
            raise TooManyEntriesError(
                f"The body is larger than the {limit // MIB} MiB this call takes; send it in parts."
            )
        return b"".join(chunks)


class JsonRoute(APIRoute):
    """A route that takes at most 1 MiB of JSON."""

    body_limit: ClassVar[int] = MIB

    def get_route_handler(self) -> Callable[[Request], Coroutine[None, None, Response]]:
        """The framework's handler behind our checks."""
        handle = super().get_route_handler()
        known = frozenset(_query_names(self.dependant))

        async def checked(request: Request) -> Response:
            _check_query(request, known)
            strict = StrictRequest(request.scope, request.receive)
            if self.body_field is not None:
                await strict.load(self.body_limit)
            return await handle(strict)

        return checked


class BatchRoute(JsonRoute):
    """A route that takes at most 8 MiB of JSON."""

    body_limit: ClassVar[int] = 8 * MIB


def _query_names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        yield parameter.alias
    for inner in dependant.dependencies:
        yield from _query_names(inner)


def _check_query(request: Request, known: frozenset[str]) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInputError(
                "The parameter comes twice; send it once.", field=f"?{name:.60}"
            )
        if name not in known:
            takes = ", ".join(sorted(known)) or "none"
            raise InvalidInputError(
                f"There is no such query parameter here; this call takes {takes}.",
                field=f"?{name:.60}",
            )


def _check_content_type(value: str) -> None:
    kind = value.partition(";")[0].strip().lower()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        raise HTTPException(415, "Send the body as Content-Type: application/json.")
