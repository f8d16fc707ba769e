"""Sending the lines of an import, and noting what became of them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from memory_service.errors import MalformedLineError

if TYPE_CHECKING:
    from agent_client import MemoryClient
    from agent_client.errors import InvalidInputError
    from memory_service.cli.import_lines import Line
    from memory_service.engine.requests import EmbedMode
    from memory_service.model.write import OnConflict

_POINTER = re.compile(r"/entries/([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An entry that was refused, and the number of its line."""

    line: int
    id: str
    code: str
    detail: str


@dataclass(slots=True, kw_only=True)
class Report:
    """How far an import came; `lines` are all lines before the last acknowledged place."""

    namespace: str
    lines: int = 0
    entries: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends batches and notes what became of them."""

    client: MemoryClient
    report: Report
    on_conflict: OnConflict
    collapse: bool
    embed: EmbedMode

    def send(self, batch: list[Line]) -> None:
        """Send a batch; when it returns, every entry of it is stored or noted as rejected.

        Raises:
            MalformedLineError: If the service could not read an entry; those before it are stored.
        """
        from agent_client.errors import InvalidInputError

        try:
            self._remember(batch)
        except InvalidInputError as error:
            place = _unreadable(error, len(batch))
            if place is None:
                raise
            if place:
                self._remember(batch[:place])
            raise _malformed(error, batch[place].number) from error

    def _remember(self, batch: list[Line]) -> None:
        receipt = self.client.remember(
            [line.entry for line in batch],
            on_conflict=self.on_conflict.value,
            collapse=self.collapse,
            embed=self.embed.value,
        )
        self.report.lines = batch[-1].number
        self.report.entries += len(batch)
        for line, outcome in zip(batch, receipt.outcomes, strict=True):
            self.report.outcomes[outcome.status] += 1
            if outcome.error is not None:
                self.report.rejected.append(
                    Rejected(
                        line=line.number,
                        id=outcome.id,
                        code=outcome.error.code,
                        detail=outcome.error.detail,
                    )
                )


def _unreadable(error: InvalidInputError, size: int) -> int | None:
    """Which entry of the batch the service could not read, if the error says so."""
    for one in error.problem.errors:
        found = _POINTER.match(one.pointer)
        if found and int(found[1]) < size:
            return int(found[1])
    return None


def _malformed(error: InvalidInputError, line: int) -> MalformedLineError:
    """What to say of a line the service could not read; its field, not its place in a call."""
    first = error.problem.errors[0]
    field = _POINTER.sub("", first.pointer).strip("/")
    return MalformedLineError(f"Line {line:,}: {field}: {first.detail}", line=line)
