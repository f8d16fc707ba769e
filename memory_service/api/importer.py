"""One import under way: collects lines into batches, commits them, answers each."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from pydantic import Field
from starlette.requests import ClientDisconnect

from memory_service.api.answers import Answer, rejection
from memory_service.api.errors import Problem, internal_problem, problem_of
from memory_service.api.failures import log_failure, stopping
from memory_service.api.ndjson import Line, numbered_lines
from memory_service.api.responses import model_bytes
from memory_service.engine.requests import RememberRequest
from memory_service.engine.validation import check_idempotency
from memory_service.engine.writing import MOST_ENTRIES
from memory_service.errors import MalformedLineError, MemoryServiceError
from memory_service.model.write import Idempotency, OutcomeStatus

if TYPE_CHECKING:
    from memory_service.api.service import Call, WriteOptions
    from memory_service.model.entry import EntryDraft
    from memory_service.model.write import Receipt

log = logging.getLogger(__name__)

_BATCH_BYTES = 8 * 1024 * 1024


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
    """Feeds one import to the engine in batches of at most 256 entries or 8 MiB."""

    def __init__(self, namespace: str, options: WriteOptions, call: Call) -> None:
        self._namespace = namespace
        self._options = options
        self._call = call
        self._waiting: list[tuple[Line, EntryDraft]] = []
        self._waiting_bytes = 0
        self._batches = 0
        self._entries = 0

    async def answer(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The answer's lines; the last says that all was read, or what stopped it."""
        try:
            async for committed in self._committed(numbered_lines(chunks)):
                yield _ndjson(committed)
            yield _ndjson(DoneLine(lines=self._entries))
        except asyncio.CancelledError:
            yield self._failed(problem_of(stopping(), self._call.request_id), None)
        except ClientDisconnect:
            log.info("request %s: the client left during an import", self._call.request_id)
        except MemoryServiceError as error:
            yield self._failed(problem_of(error, self._call.request_id), error)
        except Exception as error:  # noqa: BLE001  the answer has begun; its last line must tell
            log_failure(log, error, self._call.request_id)
            yield self._failed(internal_problem(self._call.request_id), error)

    async def _committed(self, lines: AsyncIterator[Line]) -> AsyncIterator[BatchLine]:
        try:
            async for line in lines:
                self._take(line)
                if self._full():
                    yield await self._commit()
        except MalformedLineError:
            if self._waiting:
                yield await self._commit()
            raise
        if self._waiting:
            yield await self._commit()

    def _take(self, line: Line) -> None:
        self._waiting.append((line, line.draft()))
        self._waiting_bytes += len(line.content)
        self._entries += 1

    def _full(self) -> bool:
        return len(self._waiting) == MOST_ENTRIES or self._waiting_bytes >= _BATCH_BYTES

    async def _commit(self) -> BatchLine:
        request = self._request()
        receipt = await self._call.write(lambda engine: engine.remember(request))
        answer = self._batch_line(receipt)
        self._waiting, self._waiting_bytes = [], 0
        self._batches += 1
        return answer

    def _request(self) -> RememberRequest:
        return RememberRequest(
            namespace=self._namespace,
            drafts=tuple(draft for _, draft in self._waiting),
            on_conflict=self._options.on_conflict,
            collapse=self._options.collapse,
            embed=self._options.embed,
            idempotency=self._idempotency(),
        )

    def _idempotency(self) -> Idempotency | None:
        """A key of the import's and the batch's number, and a digest of the batch's lines."""
        given = self._call.idempotency
        check_idempotency(given)
        if given is None:
            return None
        digest = hashlib.sha256(given.body_digest)
        for line, _ in self._waiting:
            digest.update(b"\n" + line.content)
        # Hashed, so that a key of any allowed length stays one, and is nobody else's key.
        key = hashlib.sha256(f"{given.key}\n{self._batches + 1}".encode()).hexdigest()
        return Idempotency(key=key, body_digest=digest.digest())

    def _batch_line(self, receipt: Receipt) -> BatchLine:
        numbers = [line.number for line, _ in self._waiting]
        rejected = []
        for number, outcome in zip(numbers, receipt.outcomes, strict=True):
            if error := rejection(outcome, self._call.request_id):
                rejected.append(RejectedLine(line=number, id=outcome.id, error=error))
        return BatchLine(
            batch=self._batches + 1,
            lines=(numbers[0], numbers[-1]),
            outcomes=dict(Counter(outcome.status for outcome in receipt.outcomes)),
            rejected=rejected,
            position=str(receipt.position),
        )

    def _failed(self, error: Problem, cause: Exception | None) -> bytes:
        if isinstance(cause, MalformedLineError):
            line = cause.line
        else:
            line = self._waiting[0][0].number if self._waiting else self._entries + 1
        return _ndjson(FailedLine(error=error, line=line))


def _ndjson(answer: Answer) -> bytes:
    return model_bytes(answer) + b"\n"
