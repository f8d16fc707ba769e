"""Status and probes; neither waits for a lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from memory_service.api.answers import Answer
from memory_service.api.responses import model_response
from memory_service.api.service import CurrentService, Role, Service
from memory_service.api.strict_route import JsonRoute
from memory_service.api.writes import PROBLEMS
from memory_service.engine.next_models import ReembedState
from memory_service.engine.requests import ModelState
from memory_service.model.read import DiskState

if TYPE_CHECKING:
    from memory_service.engine.next_models import ReembedStatus
    from memory_service.engine.requests import ModelStatus

router = APIRouter(tags=["status"], route_class=JsonRoute, responses=dict(PROBLEMS))


class ModelAnswer(Answer):
    """Which model serves; its parts are null when none does."""

    name: str | None
    revision: str | None
    sha256: str | None
    dimensions: int | None
    source: str
    state: ModelState
    detail: str


class ReembedAnswer(Answer):
    """Another model on its way to serve."""

    model: str
    state: ReembedState
    done: int = Field(description="Entries that have its vectors.")
    total: int
    detail: str = Field(description="Why it goes no further; empty while it does.")

    @classmethod
    def of(cls, status: ReembedStatus) -> Self:
        """As the engine says it."""
        return cls(
            model=status.model,
            state=status.state,
            done=status.done,
            total=status.total,
            detail=status.detail,
        )


class ReembedReport(Answer):
    """Which model is on its way, if one is."""

    reembed: ReembedAnswer | None


class StatusAnswer(Answer):
    """A node in figures."""

    version: str
    role: Role
    writable: bool
    node_id: str = Field(description="Of the data folder.")
    cluster_id: str = Field(description="Of the store and its copies.")
    process_id: str = Field(description="New at every start.")
    epoch: int
    position: str
    namespaces: int
    entries: int
    pending: int = Field(description="Entries that wait for their vectors.")
    model: ModelAnswer
    fingerprint: str
    uptime_seconds: float
    embedded_texts: int = Field(description="Texts given to the model since the start.")
    data_folder: str
    background_error: str = Field(
        description="What the last background work failed with; empty while it goes well."
    )
    reembed: ReembedAnswer | None = Field(description="Another model on its way to serve.")
    disk: DiskState = Field(description="`full`: nothing more is stored until there is room.")
    disk_percent: float = Field(description="How full the disk of the data folder is.")
    damage: str = Field(
        description="What is wrong with the store and how to repair it; empty while nothing is."
    )


class ProbeAnswer(Answer):
    """A probe's answer."""

    status: Literal["ok", "unavailable", "damaged"]


@router.get("/v1/status", response_model=StatusAnswer)
async def status(service: CurrentService) -> Response:
    """The node in figures, answered from memory."""
    return model_response(_status(service))


@router.get("/livez", response_model=ProbeAnswer)
async def live() -> Response:
    """Whether the process runs."""
    return model_response(ProbeAnswer(status="ok"))


@router.get(
    "/readyz",
    response_model=ProbeAnswer,
    responses={503: {"model": ProbeAnswer, "description": "Starting, stopping or damaged."}},
)
async def ready(service: CurrentService) -> Response:
    """Whether the node takes requests; a damaged one answers recalls and takes no writes."""
    if not service.readiness:
        return model_response(ProbeAnswer(status="unavailable"), status=503)
    if service.engine.status().damage:
        return model_response(ProbeAnswer(status="damaged"), status=503)
    return model_response(ProbeAnswer(status="ok"))


def _status(service: Service) -> StatusAnswer:
    engine, identity = service.engine.status(), service.identity
    return StatusAnswer(
        version=identity.version,
        role=Role.of(damaged=bool(engine.damage)),
        writable=bool(service.readiness)
        and not engine.damage
        and engine.disk.state is not DiskState.FULL,
        node_id=identity.node_id,
        cluster_id=engine.cluster_id,
        process_id=identity.process_id,
        epoch=engine.position.epoch,
        position=str(engine.position),
        namespaces=engine.namespaces,
        entries=engine.entries,
        pending=engine.pending,
        model=_model(engine.model),
        fingerprint=engine.fingerprint,
        uptime_seconds=service.monotonic() - identity.started,
        embedded_texts=engine.embedded_texts,
        data_folder=identity.data_folder,
        background_error=engine.background_error,
        reembed=ReembedAnswer.of(engine.reembed) if engine.reembed else None,
        disk=engine.disk.state,
        disk_percent=round(engine.disk.percent, 1),
        damage=engine.damage,
    )


def _model(model: ModelStatus) -> ModelAnswer:
    identity = model.identity
    return ModelAnswer(
        name=identity.name if identity else None,
        revision=identity.revision if identity else None,
        sha256=identity.sha256 if identity else None,
        dimensions=identity.dimensions if identity else None,
        source=model.source,
        state=model.state,
        detail=model.detail,
    )
