"""Entries line by line, from bytes as they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from memory_service.api.errors import field_problems
from memory_service.api.schemas import EntryBody
from memory_service.api.strict_json import NotJsonError, parse
from memory_service.errors import InvalidInputError, MalformedLineError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from memory_service.model.entry import EntryDraft

#: The longest line; an entry at all its limits is shorter.
MAX_LINE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that is not blank, by its number from 1."""

    number: int
    content: bytes

    def draft(self) -> EntryDraft:
        """The entry on it.

        Raises:
            MalformedLineError: If there is none; the message says why, not what stands there.
        """
        try:
            return EntryBody.model_validate(parse(self.content)).draft()
        except ValidationError as error:
            first = field_problems(error.errors())[0]
            detail = f"{first.pointer}: {first.detail}"
        except NotJsonError as error:
            detail = f"not JSON, {error}."
        except InvalidInputError as error:
            detail = error.detail
        raise self.malformed(detail)

    def malformed(self, detail: str) -> MalformedLineError:
        """The error of this line."""
        return MalformedLineError(
            f"Line {self.number} is not an entry: {detail} "
            "The lines before it are stored; correct it and go on from there.",
            line=self.number,
        )


async def numbered_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[Line]:
    """The lines of a stream; blank ones count, but are left out.

    Raises:
        MalformedLineError: If a line is longer than 1 MiB.
    """
    rest, number = b"", 0
    async for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        for content in complete:
            number += 1
            if content.strip():
                yield _bounded(Line(number=number, content=content))
        _bounded(Line(number=number + 1, content=rest))
    if rest.strip():
        yield Line(number=number + 1, content=rest)


def _bounded(line: Line) -> Line:
    if len(line.content) > MAX_LINE_BYTES:
        raise line.malformed("it is longer than 1 MiB.")
    return line
