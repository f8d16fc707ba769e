"""Times as callers write them."""

from __future__ import annotations

from datetime import UTC, datetime

from memory_service.errors import InvalidInputError


def parse_time(value: object, *, field: str) -> datetime:
    """Read an RFC 3339 time or an ISO 8601 date; an aware or naive datetime is taken as it is.

    The offset is kept; a time without one is UTC, a date is its first instant.

    Raises:
        InvalidInputError: If it is none of these, or lies outside the years 1 to 9999 in UTC.
    """
    if isinstance(value, datetime):
        return aware(value, field=field)
    if not isinstance(value, str):
        raise InvalidInputError("a time is a string such as 2024-05-20T09:30:00Z", field=field)
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        detail = "not a time; write RFC 3339, such as 2024-05-20T09:30:00Z"
        raise InvalidInputError(detail, field=field) from None
    return aware(parsed, field=field)


def aware(time: datetime, *, field: str) -> datetime:
    """*time* with an offset; UTC where it had none.

    Raises:
        InvalidInputError: If it lies outside the years 1 to 9999 in UTC.
    """
    if time.tzinfo is None:
        return time.replace(tzinfo=UTC)
    try:
        time.astimezone(UTC)
    except OverflowError:
        raise InvalidInputError("a time lies in the years 1 to 9999 in UTC", field=field) from None
    return time
