"""Routes that keep the store: backups of it, and writing it anew."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from memory_service.api.answers import Answer
from memory_service.api.responses import model_response
from memory_service.api.service import ReadCall
from memory_service.api.strict_route import JsonRoute
from memory_service.api.writes import PROBLEMS
from memory_service.model.keeping import BackupManifest

router = APIRouter(prefix="/v1", tags=["keeping"], route_class=JsonRoute, responses=dict(PROBLEMS))

#: The most bytes of a part.
PART_BYTES = 4 << 20

_BYTES = "application/octet-stream"
BackupName = Annotated[str, Path(description="As the backup was called when it was made.")]
Offset = Annotated[int, Query(ge=0, le=1 << 53, description="From which byte of the database.")]


class BackupAnswer(Answer):
    """A backup that waits to be read, and its manifest."""

    backup: str = Field(description="What it is called while it can be read.")
    schema_version: int
    cluster_id: str
    position: str
    fingerprint: str
    model: str
    entries: int
    changes: int
    namespaces: int
    vectors: int
    created_at: str
    name: str = Field(description="Of its one file.")
    size: int
    sha256: str

    @classmethod
    def of(cls, backup: str, manifest: BackupManifest) -> BackupAnswer:
        """The answer for a manifest."""
        counts, file = manifest.counts, manifest.file
        return cls(
            backup=backup,
            schema_version=manifest.schema,
            cluster_id=manifest.cluster_id,
            position=str(manifest.position),
            fingerprint=manifest.fingerprint,
            model=manifest.model,
            entries=counts.entries,
            changes=counts.changes,
            namespaces=counts.namespaces,
            vectors=counts.vectors,
            created_at=manifest.created_at.isoformat(),
            name=file.name,
            size=file.size,
            sha256=file.sha256,
        )


class CompactAnswer(Answer):
    """What writing the store anew did."""

    position: str
    bytes_before: int
    bytes_after: int
    writes_waited: float = Field(description="Seconds for which no write was taken.")
    removed: tuple[str, ...] = Field(description="Files that may have held what was purged.")
    not_covered: tuple[str, ...] = Field(description="What may still hold it.")


@router.post("/backups", response_model=BackupAnswer)
async def make_backup(call: ReadCall) -> Response:
    """Copy the store at one position, to be read in parts; writes and recalls go on."""
    backups = call.service.backups
    backup, manifest = await call.keep(backups.make)
    return model_response(BackupAnswer.of(backup, manifest))


@router.get(
    "/backups/{backup}",
    response_class=Response,
    responses={200: {"content": {_BYTES: {}}, "description": "Up to 4 MiB; none at the end."}},
)
async def read_backup(backup: BackupName, call: ReadCall, offset: Offset = 0) -> Response:
    """A part of a backup's database; it may be asked for again."""
    part = await call.keep(lambda _: call.service.backups.read(backup, offset, PART_BYTES))
    return Response(part, media_type=_BYTES)


@router.delete("/backups/{backup}", status_code=204, response_class=Response)
async def drop_backup(backup: BackupName, call: ReadCall) -> Response:
    """Give a backup up once it was read; one that is not there is no error."""
    await call.keep(lambda _: call.service.backups.drop(backup))
    return Response(status_code=204)


@router.post("/compact", response_model=CompactAnswer)
async def compact(call: ReadCall) -> Response:
    """Write the store anew, without what is no more; writes wait shortly, recalls go on."""
    call.service.backups.close()
    report = await call.keep(lambda engine: engine.compact())
    return model_response(
        CompactAnswer(
            position=str(report.position),
            bytes_before=report.bytes_before,
            bytes_after=report.bytes_after,
            writes_waited=report.writes_waited,
            removed=report.removed,
            not_covered=report.not_covered,
        )
    )
