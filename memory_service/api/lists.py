"""Routes of lists: entries page by page, sessions and their turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from memory_service.api.answers import EntryAnswer, EntryPage, SessionAnswer, SessionPage
from memory_service.api.cursors import ListKey
from memory_service.api.filters import query_filter
from memory_service.api.moments import AsOfQuery, query_as_of
from memory_service.api.responses import model_response
from memory_service.api.service import Call, ReadCall
from memory_service.api.strict_route import JsonRoute
from memory_service.api.writes import PROBLEMS
from memory_service.model.filters import Compare, Field, Filter, Operator
from memory_service.model.history import AsOf
from memory_service.model.read import Order

router = APIRouter(
    prefix="/v1/namespaces/{namespace}",
    tags=["lists"],
    route_class=JsonRoute,
    responses=dict(PROBLEMS),
)

Limit = Annotated[int, Query(ge=1, le=1000, description="The most of one page.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """Which page of which list of entries."""

    key: ListKey
    order: Order
    filter: Filter | None
    limit: int
    cursor: str | None
    as_of: AsOf | None = None


@router.get("/entries", response_model=EntryPage)
async def page(
    namespace: str,
    call: ReadCall,
    limit: Limit = 100,
    cursor: Cursor = None,
    order: Annotated[Order, Query()] = Order.WRITTEN,
    filter: Annotated[str | None, Query(description="A filter as JSON.")] = None,
    as_of: AsOfQuery = None,
) -> Response:
    """One page of entries; with `as_of` as they were, as far as that is kept."""
    listing = _Listing(
        key=ListKey(
            kind="entries", namespace=namespace, order=order, filter=filter or "", as_of=as_of or ""
        ),
        order=order,
        filter=query_filter(filter),
        limit=limit,
        cursor=cursor,
        as_of=query_as_of(as_of),
    )
    return await _page_response(listing, call)


@router.get("/sessions", response_model=SessionPage)
async def sessions(
    namespace: str,
    call: ReadCall,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """One page of sessions, by name."""
    key = ListKey(kind="sessions", namespace=namespace)
    after = call.service.cursors.open_name(key, cursor)
    found = await call.read(lambda engine: engine.sessions(namespace, after=after, limit=limit + 1))
    shown = found[:limit]
    following = call.service.cursors.seal(key, [shown[-1].session]) if len(found) > limit else None
    return model_response(
        SessionPage(sessions=[SessionAnswer.of(one) for one in shown], next_cursor=following)
    )


@router.get("/sessions/{session:rest}", response_model=EntryPage)
async def turns(
    namespace: str,
    session: Annotated[str, Path(description="The rest of the path, as for an id.")],
    call: ReadCall,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """One page of a session's entries, by turn; empty for a session that is not there."""
    listing = _Listing(
        key=ListKey(kind="session", namespace=namespace, filter=session),
        order=Order.TURN,
        filter=Compare(field=Field.SESSION, operator=Operator.EQ, values=(session,)),
        limit=limit,
        cursor=cursor,
    )
    return await _page_response(listing, call)


async def _page_response(listing: _Listing, call: Call) -> Response:
    after = call.service.cursors.open_pair(listing.key, listing.cursor)
    found = await call.read(
        lambda engine: engine.page(
            listing.key.namespace,
            filter=listing.filter,
            order=listing.order,
            after=after,
            limit=listing.limit,
            as_of=listing.as_of,
        )
    )
    following = call.service.cursors.seal(listing.key, list(found.next)) if found.next else None
    return model_response(
        EntryPage(
            entries=[EntryAnswer.of(entry) for entry in found.entries],
            next_cursor=following,
            missing=found.missing,
        )
    )
