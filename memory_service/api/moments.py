"""Moments of the past, as queries name them."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Query

from memory_service.engine.times import parse_time
from memory_service.errors import InvalidInputError
from memory_service.model.history import AsOf
from memory_service.model.position import Position

_POSITION = re.compile(r"\d{1,18}:\d{1,18}:[0-9a-f]{64}", re.ASCII)

AsOfQuery = Annotated[
    str | None,
    Query(description="As it was: at a time, or at a position that an answer named."),
]


def query_as_of(text: str | None) -> AsOf | None:
    """The moment of the query parameter `as_of`, if there is one.

    Raises:
        InvalidInputError: If it is neither a time nor a position.
    """
    if text is None:
        return None
    if _POSITION.fullmatch(text):
        return Position.parse(text)
    try:
        return parse_time(text, field="?as_of")
    except InvalidInputError:
        raise InvalidInputError(
            "as_of takes a time such as 2024-05-20T09:30:00Z (a + of its offset is written %2B), "
            "or a position as answers give it, EPOCH:SEQ:CHAIN",
            field="?as_of",
        ) from None
