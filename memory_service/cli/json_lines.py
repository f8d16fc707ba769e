"""A line of a file of JSON objects, read as strictly as the service reads a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from memory_service.api.strict_json import NotJsonError, parse
from memory_service.errors import InvalidInputError, MalformedLineError

if TYPE_CHECKING:
    from collections.abc import Mapping


def parse_line(raw: bytes, number: int) -> Mapping[str, object]:
    """The object on line *number*.

    Raises:
        MalformedLineError: If the line is not a JSON object that the service would take.
    """
    try:
        value = parse(raw)
    except NotJsonError as error:
        refuse_line(f"is not JSON: {error}", number)
    except InvalidInputError as error:
        refuse_line(f"cannot be sent: {error.detail.rstrip('.')}", number)
    if not isinstance(value, dict):
        refuse_line("is not a JSON object", number)
    return value


def refuse_line(what: str, number: int) -> NoReturn:
    """Refuse line *number*, saying what is wrong with it.

    Raises:
        MalformedLineError: Always.
    """
    raise MalformedLineError(f"Line {number:,} {what}.", line=number)
