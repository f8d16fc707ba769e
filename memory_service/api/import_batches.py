"""What an import's lines make: batches, in order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.engine.requests import RememberRequest
from memory_service.engine.validation import check_idempotency
from memory_service.engine.writing import MOST_ENTRIES
from memory_service.errors import MalformedLineError
from memory_service.model.write import Idempotency

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from memory_service.api.ndjson import Line
    from memory_service.api.service import WriteOptions
    from memory_service.model.entry import EntryDraft

_BATCH_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBatch:
    """Lines that are committed together; *number* counts from 1."""

    number: int
    lines: tuple[int, ...]
    request: RememberRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTerms:
    """What holds for all of an import's entries."""

    namespace: str
    options: WriteOptions
    idempotency: Idempotency | None

    def request(self, number: int, lines: list[Line], drafts: list[EntryDraft]) -> RememberRequest:
        """What to remember for a batch.

        Raises:
            InvalidInputError: If the idempotency key is refused.
        """
        return RememberRequest(
            namespace=self.namespace,
            drafts=tuple(drafts),
            on_conflict=self.options.on_conflict,
            collapse=self.options.collapse,
            embed=self.options.embed,
            idempotency=self._key(number, lines),
        )

    def _key(self, number: int, lines: list[Line]) -> Idempotency | None:
        """A key of the import's and the batch's number, and a digest of the batch's lines."""
        given = self.idempotency
        check_idempotency(given)
        if given is None:
            return None
        digest = hashlib.sha256(given.body_digest)
        for line in lines:
            digest.update(b"\n" + line.content)
        # Hashed, so that a key of any allowed length stays one, and is nobody else's key.
        key = hashlib.sha256(f"{given.key}\n{number}".encode()).hexdigest()
        return Idempotency(key=key, body_digest=digest.digest())


class Batches:
    """Collects lines into batches of at most 256 entries or 8 MiB.

    `entries` is how many lines were taken so far.
    """

    def __init__(self, terms: ImportTerms) -> None:
        self._terms = terms
        self._lines: list[Line] = []
        self._drafts: list[EntryDraft] = []
        self._bytes = 0
        self._made = 0
        self.entries = 0

    async def of(self, lines: AsyncIterator[Line]) -> AsyncIterator[ImportBatch]:
        """The batches; where a line is refused, those before it first.

        Raises:
            MalformedLineError: If a line is no entry.
        """
        try:
            async for line in lines:
                self._take(line)
                if len(self._lines) == MOST_ENTRIES or self._bytes >= _BATCH_BYTES:
                    yield self._batch()
        except MalformedLineError:
            if self._lines:
                yield self._batch()
            raise
        if self._lines:
            yield self._batch()

    @property
    def first_waiting(self) -> int:
        """The first line that is in no batch yet."""
        return self._lines[0].number if self._lines else self.entries + 1

    def _take(self, line: Line) -> None:
        self._drafts.append(line.draft())
        self._lines.append(line)
        self._bytes += len(line.content)
        self.entries += 1

    def _batch(self) -> ImportBatch:
        self._made += 1
        batch = ImportBatch(
            number=self._made,
            lines=tuple(line.number for line in self._lines),
            request=self._terms.request(self._made, self._lines, self._drafts),
        )
        self._lines, self._drafts, self._bytes = [], [], 0
        return batch
