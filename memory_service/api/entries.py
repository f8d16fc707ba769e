"""Routes of entries: remember, read, change, forget."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from starlette.responses import Response

from memory_service.api.answers import (
    BatchAnswer,
    EntryAnswer,
    EntryWithNeighbours,
    ForgetAnswer,
    HistoryAnswer,
    RestoreAnswer,
    SingleOutcome,
)
from memory_service.api.filters import body_filter
from memory_service.api.moments import AsOfQuery, query_as_of
from memory_service.api.responses import model_response
from memory_service.api.schemas import (
    BatchBody,
    EntryBody,
    EntryPatch,
    ForgetBody,
    RememberBody,
    RestoreBody,
)
from memory_service.api.service import (
    Call,
    IfVersion,
    PutPrecondition,
    ReadCall,
    RememberOptions,
    WriteCall,
)
from memory_service.api.strict_route import BatchRoute
from memory_service.api.writes import PROBLEMS, position_headers, single_response
from memory_service.engine.requests import EmbedMode, RememberRequest, RestoreRequest, UpdateRequest
from memory_service.errors import InvalidInputError
from memory_service.model.write import OnConflict

router = APIRouter(
    prefix="/v1/namespaces/{namespace}",
    tags=["entries"],
    route_class=BatchRoute,
    responses=dict(PROBLEMS),
)

EntryPath = Annotated[
    str, Path(description="The rest of the path; slashes may stand encoded or bare.")
]
Embed = Annotated[EmbedMode, Query(description="As for `POST …/entries`.")]
Purge = Annotated[
    bool, Query(description="Delete what it says for good, with every version of it.")
]
Neighbours = Annotated[
    int | None, Query(ge=0, le=100, description="How many turns before and after to add.")
]

History = Annotated[
    int | None,
    Query(ge=1, le=1000, description="The most versions, newest first, instead of the entry."),
]


@router.post(
    "/entries",
    response_model=BatchAnswer | SingleOutcome,
    responses={201: {"model": SingleOutcome, "description": "The entry was created."}},
)
async def remember(
    namespace: str,
    body: Annotated[RememberBody, Body()],
    call: WriteCall,
    options: RememberOptions,
) -> Response:
    """Remember one entry, or up to 256 (8 MiB) with an outcome for each."""
    entries = body.entries if isinstance(body, BatchBody) else [body]
    request = RememberRequest(
        namespace=namespace,
        drafts=tuple(entry.draft() for entry in entries),
        on_conflict=options.on_conflict,
        collapse=options.collapse,
        embed=options.embed,
        idempotency=call.idempotency,
    )
    receipt = await call.write(lambda engine: engine.remember(request))
    if isinstance(body, EntryBody):
        return single_response(receipt, call.request_id)
    return model_response(
        BatchAnswer.of(receipt, call.request_id),
        headers=position_headers(receipt.position, replayed=receipt.replayed),
    )


@router.post("/entries:forget", response_model=ForgetAnswer)
async def forget_matching(
    namespace: str,
    body: ForgetBody,
    call: WriteCall,
) -> Response:
    """Forget every entry that matches a filter."""
    matching = body_filter(body.filter)
    report = await call.write(
        lambda engine: engine.forget_matching(
            namespace,
            matching,
            dry_run=body.dry_run,
            purge=body.purge,
            idempotency=call.idempotency,
        )
    )
    return model_response(
        ForgetAnswer.of(report),
        headers=position_headers(report.position, replayed=report.replayed),
    )


@router.post("/entries:restore", response_model=RestoreAnswer)
async def restore(
    namespace: str,
    body: RestoreBody,
    call: WriteCall,
) -> Response:
    """Take back that entries were forgotten, within the time they are kept for that."""
    request = RestoreRequest(
        namespace=namespace,
        ids=tuple(body.ids or ()),
        filter=None if body.filter is None else body_filter(body.filter),
        dry_run=body.dry_run,
        idempotency=call.idempotency,
    )
    report = await call.write(lambda engine: engine.past.restore(request))
    return model_response(
        RestoreAnswer.of(report, call.request_id),
        headers=position_headers(report.position, replayed=report.replayed),
    )


@router.get("/entries/{entry_id:rest}", response_model=EntryWithNeighbours | HistoryAnswer)
async def get(
    namespace: str,
    entry_id: EntryPath,
    call: ReadCall,
    neighbours: Neighbours = None,
    as_of: AsOfQuery = None,
    history: History = None,
) -> Response:
    """One entry, with its neighbours in its session if asked for; as it was; or its versions."""
    moment = query_as_of(as_of)
    if [neighbours, as_of, history].count(None) < 2:
        raise InvalidInputError("ask for one of neighbours, as_of and history at a time")
    if history is not None:
        return await _history_response(namespace, entry_id, history, call)
    entry = await call.read(
        lambda engine: (
            engine.past.get(namespace, entry_id, moment)
            if moment
            else engine.get(namespace, entry_id)
        )
    )
    headers = {"ETag": f'"{entry.version}"'}
    answer = EntryAnswer.of(entry)
    if neighbours is None:
        return model_response(answer, headers=headers)
    around = await call.read(lambda engine: engine.neighbours(namespace, entry_id, neighbours))
    return model_response(
        EntryWithNeighbours(
            **dict(answer),
            before=[EntryAnswer.of(one) for one in around.before],
            after=[EntryAnswer.of(one) for one in around.after],
        ),
        headers=headers,
    )


async def _history_response(namespace: str, entry_id: str, limit: int, call: Call) -> Response:
    versions = await call.read(lambda engine: engine.past.history(namespace, entry_id, limit))
    return model_response(HistoryAnswer.of(versions))


@router.put(
    "/entries/{entry_id:rest}",
    response_model=SingleOutcome,
    responses={201: {"model": SingleOutcome, "description": "The entry was created."}},
)
async def put(
    namespace: str,
    entry_id: EntryPath,
    body: EntryBody,
    call: WriteCall,
    if_version: PutPrecondition,
    embed: Embed = EmbedMode.SYNC,
) -> Response:
    """Store exactly this entry under this id."""
    request = RememberRequest(
        namespace=namespace,
        drafts=(body.draft(entry_id),),
        on_conflict=OnConflict.REPLACE,
        embed=embed,
        if_version=if_version,
        idempotency=call.idempotency,
    )
    receipt = await call.write(lambda engine: engine.remember(request))
    return single_response(receipt, call.request_id)


@router.patch("/entries/{entry_id:rest}", response_model=SingleOutcome)
async def patch(
    namespace: str,
    entry_id: EntryPath,
    body: EntryPatch,
    call: WriteCall,
    if_version: IfVersion,
    embed: Embed = EmbedMode.SYNC,
) -> Response:
    """Change the fields named; `null` clears one."""
    request = UpdateRequest(
        namespace=namespace,
        id=entry_id,
        changes=body.changes(),
        embed=embed,
        if_version=if_version,
        idempotency=call.idempotency,
    )
    receipt = await call.write(lambda engine: engine.update(request))
    return single_response(receipt, call.request_id)


@router.delete("/entries/{entry_id:rest}", response_model=SingleOutcome)
async def forget(
    namespace: str,
    entry_id: EntryPath,
    call: WriteCall,
    if_version: IfVersion,
    purge: Purge = False,
) -> Response:
    """Forget one entry."""
    receipt = await call.write(
        lambda engine: engine.forget(
            namespace,
            entry_id,
            if_version=if_version,
            purge=purge,
            idempotency=call.idempotency,
        )
    )
    return single_response(receipt, call.request_id)
