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
    SingleOutcome,
)
from memory_service.api.filters import body_filter
from memory_service.api.responses import model_response
from memory_service.api.schemas import BatchBody, EntryBody, EntryPatch, ForgetBody, RememberBody
from memory_service.api.service import (
    IfVersion,
    PutPrecondition,
    ReadCall,
    RememberOptions,
    WriteCall,
)
from memory_service.api.strict_route import BatchRoute
from memory_service.api.writes import PROBLEMS, position_headers, single_response
from memory_service.engine.requests import EmbedMode, RememberRequest, UpdateRequest
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


@router.get("/entries/{entry_id:rest}", response_model=EntryWithNeighbours)
async def get(
    namespace: str,
    entry_id: EntryPath,
    call: ReadCall,
    neighbours: Neighbours = None,
) -> Response:
    """One entry, with its neighbours in its session if asked for."""
    entry = await call.read(lambda engine: engine.get(namespace, entry_id))
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
