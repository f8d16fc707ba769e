"""Filters where requests carry them: refusals point into the request, not into the filter."""

from __future__ import annotations

from memory_service.api.strict_json import NotJsonError, parse
from memory_service.engine.filter_grammar import parse_filter
from memory_service.errors import InvalidFilterError, InvalidInputError
from memory_service.model.filters import Filter


def body_filter(value: object) -> Filter:
    """The filter that a body holds as its `filter`.

    Raises:
        InvalidInputError: If it is refused.
    """
    try:
        return parse_filter(value)
    except InvalidInputError as error:
        pointer = f"/filter{error.field or ''}".rstrip("/")
        raise type(error)(f"{pointer}: {error.detail}", field=pointer) from None


def query_filter(text: str | None) -> Filter | None:
    """The filter of the query parameter `filter`, if there is one.

    Raises:
        InvalidInputError: If it is no JSON, or refused.
    """
    if text is None:
        return None
    try:
        return parse_filter(parse(text.encode()))
    except NotJsonError as error:
        raise InvalidFilterError(f"The filter is not JSON: {error}.", field="?filter") from None
    except InvalidInputError as error:
        place = f"{error.field}: " if error.field else ""
        raise type(error)(f"{place}{error.detail}", field="?filter") from None
