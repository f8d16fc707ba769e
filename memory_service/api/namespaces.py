"""Routes of namespaces."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from memory_service.api.answers import DropAnswer, NamespaceAnswer, NamespaceList
from memory_service.api.responses import model_response
from memory_service.api.schemas import NamespaceBody
from memory_service.api.service import Call, ReadCall, WriteCall
from memory_service.api.strict_route import JsonRoute
from memory_service.api.writes import PROBLEMS, position_headers
from memory_service.engine.validation import check_namespace
from memory_service.errors import NamespaceNotFoundError

router = APIRouter(
    prefix="/v1/namespaces", tags=["namespaces"], route_class=JsonRoute, responses=dict(PROBLEMS)
)


@router.get("", response_model=NamespaceList)
async def namespaces(call: ReadCall) -> Response:
    """Every namespace, by name."""
    found = await call.read(lambda engine: engine.namespaces())
    return model_response(NamespaceList(namespaces=[NamespaceAnswer.of(one) for one in found]))


@router.get("/{namespace}", response_model=NamespaceAnswer)
async def namespace_summary(namespace: str, call: ReadCall) -> Response:
    """One namespace."""
    check_namespace(namespace)
    return model_response(await _summary(namespace, call))


@router.put("/{namespace}", response_model=NamespaceAnswer)
async def configure(namespace: str, body: NamespaceBody, call: WriteCall) -> Response:
    """Create a namespace, or set these of its settings."""
    receipt = await call.write(
        lambda engine: engine.configure_namespace(
            namespace, body.settings.named(), idempotency=call.idempotency
        )
    )
    return model_response(
        await _summary(namespace, call),
        headers=position_headers(receipt.position, replayed=receipt.replayed),
    )


@router.delete("/{namespace}", response_model=DropAnswer)
async def drop(namespace: str, call: WriteCall) -> Response:
    """Drop a namespace and all it holds."""
    report = await call.write(
        lambda engine: engine.drop_namespace(namespace, idempotency=call.idempotency)
    )
    return model_response(
        DropAnswer(dropped=True, forgotten=report.forgotten, position=str(report.position)),
        headers=position_headers(report.position, replayed=report.replayed),
    )


async def _summary(namespace: str, call: Call) -> NamespaceAnswer:
    for one in await call.read(lambda engine: engine.namespaces()):
        if one.name == namespace:
            return NamespaceAnswer.of(one)
    raise NamespaceNotFoundError(
        "There is no namespace of that name; it comes into being with its first entry."
    )
