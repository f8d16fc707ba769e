"""What every handler works with, and what it reads from a request beside the body."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Header, Query
from starlette.requests import Request

from memory_service.api.backups import Backups
from memory_service.api.cursors import CursorSigner
from memory_service.api.errors import request_id_of
from memory_service.api.lanes import Deadline, Lane, Lanes, Result
from memory_service.api.strict_route import StrictRequest
from memory_service.engine.requests import EmbedMode
from memory_service.errors import InvalidInputError
from memory_service.model.write import Idempotency, OnConflict

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.engine.engine import MemoryEngine

_VERSION_TAG = re.compile(r'"(\d{1,18})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who answers: the node (its data folder), this process, and since when on `monotonic`."""

    version: str
    node_id: str
    process_id: str
    data_folder: str
    started: float


class Role(StrEnum):
    """What a node does: all, or answer from a store that lost changes."""

    PRIMARY = "primary"
    DAMAGED = "damaged"

    @classmethod
    def of(cls, *, damaged: bool) -> Role:
        """That of a node whose store is *damaged* or not."""
        return cls.DAMAGED if damaged else cls.PRIMARY


class Readiness:
    """Whether the node takes requests; turned off once, when it begins to stop."""

    def __init__(self) -> None:
        self._ready = True

    def __bool__(self) -> bool:
        return self._ready

    def withdraw(self) -> None:
        """From now on the node is stopping."""
        self._ready = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The engine and what stands around it on this node."""

    engine: MemoryEngine
    lanes: Lanes
    cursors: CursorSigner
    identity: Identity
    readiness: Readiness
    monotonic: Callable[[], float]
    backups: Backups


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """How entries are to be remembered."""

    embed: EmbedMode
    on_conflict: OnConflict
    collapse: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: its id, how long its caller waits, and its idempotency key if it is a write."""

    service: Service
    deadline: Deadline
    request_id: str
    idempotency: Idempotency | None = None

    async def recall(self, work: Callable[[MemoryEngine], Result]) -> Result:
        """Run *work* among the recalls."""
        return await self._run(self.service.lanes.recall, work)

    async def write(self, work: Callable[[MemoryEngine], Result]) -> Result:
        """Run *work* among the writes."""
        return await self._run(self.service.lanes.write, work)

    async def read(self, work: Callable[[MemoryEngine], Result]) -> Result:
        """Run *work* among everything else."""
        return await self._run(self.service.lanes.admin, work)

    async def keep(self, work: Callable[[MemoryEngine], Result]) -> Result:
        """Run *work* where what takes long is done, one after the other."""
        return await self._run(self.service.backups.lane, work)

    async def _run(self, lane: Lane, work: Callable[[MemoryEngine], Result]) -> Result:
        return await lane.run(lambda: work(self.service.engine), self.deadline)


def _service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


# All of these are coroutines so that none costs a hop to the framework's thread pool.


async def _service(request: Request) -> Service:
    return _service_of(request)


async def _deadline(
    request: Request,
    milliseconds: Annotated[
        int | None,
        Header(
            alias="Memory-Deadline-Ms",
            ge=1,
            le=600_000,
            description="How long the caller waits, from the arrival of the request.",
        ),
    ] = None,
) -> Deadline:
    return Deadline(
        monotonic=_service_of(request).monotonic,
        started=request.scope["memory.arrived"],
        seconds=None if milliseconds is None else milliseconds / 1000,
    )


async def _read_call(request: Request, deadline: Annotated[Deadline, Depends(_deadline)]) -> Call:
    return Call(service=_service_of(request), deadline=deadline, request_id=request_id_of(request))


async def _write_call(
    request: Request,
    deadline: Annotated[Deadline, Depends(_deadline)],
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="1 to 255 visible ASCII characters; a second call with the same key "
            "and the same body gets the first one's answer.",
        ),
    ] = None,
) -> Call:
    idempotency = None
    if key is not None:
        idempotency = Idempotency(key=key, body_digest=_call_digest(request))
    return Call(
        service=_service_of(request),
        deadline=deadline,
        request_id=request_id_of(request),
        idempotency=idempotency,
    )


def _call_digest(request: Request) -> bytes:
    """A fingerprint of what a call asks: its method, address, options, conditions and body."""
    scope = request.scope
    conditions = [request.headers.get(name, "") for name in ("If-Match", "If-None-Match")]
    query = scope["query_string"].decode("latin-1")
    head = "\n".join((scope["method"], scope["path"], query, *conditions))
    content = request.content if isinstance(request, StrictRequest) else b""
    return hashlib.sha256(head.encode() + b"\n" + content).digest()


async def _if_match(
    tag: Annotated[
        str | None,
        Header(alias="If-Match", description='Only while the entry is at this version: `"3"`.'),
    ] = None,
) -> int | None:
    if tag is None:
        return None
    found = _VERSION_TAG.fullmatch(tag.strip())
    if found is None:
        raise InvalidInputError(
            'If-Match takes one version in double quotes, as ETag gives it: "3".',
            field="If-Match",
        )
    return int(found[1])


async def _put_precondition(
    version: Annotated[int | None, Depends(_if_match)],
    tag: Annotated[
        str | None,
        Header(alias="If-None-Match", description="`*`: only while there is no such entry."),
    ] = None,
) -> int | None:
    if tag is None:
        return version
    if tag.strip() != "*" or version is not None:
        raise InvalidInputError(
            "If-None-Match takes * alone, and not together with If-Match.", field="If-None-Match"
        )
    return 0


async def _write_options(
    embed: Annotated[
        EmbedMode,
        Query(description="`async`: answer before the vector is made; found by words at once."),
    ] = EmbedMode.SYNC,
    on_conflict: Annotated[
        OnConflict, Query(description="What to do when the id holds other content.")
    ] = OnConflict.ERROR,
    collapse: Annotated[
        bool, Query(description="Whether an entry of equal content is not stored again.")
    ] = False,
) -> WriteOptions:
    return WriteOptions(embed=embed, on_conflict=on_conflict, collapse=collapse)


CurrentService = Annotated[Service, Depends(_service)]
ReadCall = Annotated[Call, Depends(_read_call)]
WriteCall = Annotated[Call, Depends(_write_call)]
RememberOptions = Annotated[WriteOptions, Depends(_write_options)]
IfVersion = Annotated[int | None, Depends(_if_match)]
PutPrecondition = Annotated[int | None, Depends(_put_precondition)]
