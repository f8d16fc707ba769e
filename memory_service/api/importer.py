"""One import under way: collects lines into batches, commits them, answers each."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING

from pydantic import Field
from starlette.requests import ClientDisconnect

from memory_service.api.answers import Answer, rejection
from memory_service.api.errors import Problem, internal_problem, problem_of
from memory_service.api.failures import log_failure, stopping
from memory_service.api.import_batches import Batches, ImportTerms
from memory_service.api.ndjson import numbered_lines
from memory_service.api.pipeline import one_ahead
from memory_service.api.responses import model_bytes
from memory_service.errors import MalformedLineError, MemoryServiceError
from memory_service.model.write import OutcomeStatus

if TYPE_CHECKING:
    from memory_service.api.import_batches import ImportBatch
    from memory_service.api.ndjson import Line
    from memory_service.api.service import Call, WriteOptions
    from memory_service.engine.requests import RememberRequest
    from memory_service.engine.writing import PreparedEntries
    from memory_service.model.write import Receipt

log = logging.getLogger(__name__)


class RejectedLine(Answer):
    """A line whose entry was refused; the others of its batch are stored."""

    line: int
    id: str
    error: Problem


class BatchLine(Answer):
    """A batch that is committed and synced."""

    batch: int = Field(description="From 1.")
    lines: tuple[int, int] = Field(description="Its first and last line.")
    outcomes: dict[OutcomeStatus, int]
    rejected: list[RejectedLine]
    position: str


class DoneLine(Answer):
    """The end of an import that was read whole."""

    done: bool = True
    lines: int = Field(description="How many entries were read.")


class FailedLine(Answer):
    """The end of an import that was not; what was acknowledged before it is stored."""

    error: Problem
    line: int = Field(description="The first line that is not stored.")


class Importer:
    """Feeds one import to the engine, batch by batch.

    While one batch is committed the next one is embedded, and the one after it read.
    """

    def __init__(self, namespace: str, options: WriteOptions, call: Call) -> None:
        terms = ImportTerms(namespace=namespace, options=options, idempotency=call.idempotency)
        self._call = call
        self._batches = Batches(terms)
        self._under_way: deque[ImportBatch] = deque()

    async def answer(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        """The answer's lines; the last says that all was read, or what stopped it."""
        try:
            async with aclosing(self._committed(numbered_lines(chunks))) as committed:
                async for line in committed:
                    yield _ndjson(line)
            yield _ndjson(DoneLine(lines=self._batches.entries))
        except asyncio.CancelledError:
            yield self._failed(problem_of(stopping(), self._call.request_id), None)
        except ClientDisconnect:
            log.info("request %s: the client left during an import", self._call.request_id)
        except MemoryServiceError as error:
            yield self._failed(problem_of(error, self._call.request_id), error)
        except Exception as error:  # noqa: BLE001  the answer has begun; its last line must tell
            log_failure(log, error, self._call.request_id)
            yield self._failed(internal_problem(self._call.request_id), error)

    async def _committed(self, lines: AsyncIterator[Line]) -> AsyncGenerator[BatchLine]:
        async with (
            aclosing(one_ahead(self._noted(self._batches.of(lines)))) as batches,
            aclosing(one_ahead(self._prepared(batches))) as prepared,
        ):
            async for batch, entries in prepared:
                receipt = await self._commit(entries)
                self._under_way.popleft()
                yield self._batch_line(batch, receipt)

    async def _noted(self, batches: AsyncIterator[ImportBatch]) -> AsyncIterator[ImportBatch]:
        async for batch in batches:
            self._under_way.append(batch)
            yield batch

    async def _prepared(
        self, batches: AsyncIterator[ImportBatch]
    ) -> AsyncIterator[tuple[ImportBatch, PreparedEntries]]:
        async for batch in batches:
            yield batch, await self._prepare(batch.request)

    async def _prepare(self, request: RememberRequest) -> PreparedEntries:
        return await self._call.write(lambda engine: engine.prepare(request))

    async def _commit(self, entries: PreparedEntries) -> Receipt:
        return await self._call.write(lambda engine: engine.commit(entries))

    def _batch_line(self, batch: ImportBatch, receipt: Receipt) -> BatchLine:
        rejected = []
        for number, outcome in zip(batch.lines, receipt.outcomes, strict=True):
            if error := rejection(outcome, self._call.request_id):
                rejected.append(RejectedLine(line=number, id=outcome.id, error=error))
        return BatchLine(
            batch=batch.number,
            lines=(batch.lines[0], batch.lines[-1]),
            outcomes=dict(Counter(outcome.status for outcome in receipt.outcomes)),
            rejected=rejected,
            position=str(receipt.position),
        )

    def _failed(self, error: Problem, cause: Exception | None) -> bytes:
        if isinstance(cause, MalformedLineError):
            line = cause.line
        elif self._under_way:
            line = self._under_way[0].lines[0]
        else:
            line = self._batches.first_waiting
        return _ndjson(FailedLine(error=error, line=line))


def _ndjson(answer: Answer) -> bytes:
    return model_bytes(answer) + b"\n"
