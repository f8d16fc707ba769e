"""Time targets in words that a test can read."""

from __future__ import annotations

from datetime import date, timedelta

from memory_service.retrieval.times.reading import time_targets

#: A Wednesday, in the middle of a month, in the middle of a year.
TODAY = date(2023, 6, 14)
_EPOCH = date(1970, 1, 1)


def days_named(query: str, today: date = TODAY) -> list[str]:
    """The ranges that *query* names: `2023-06-05/2023-06-11`, or one date for one day."""
    return [
        _range(_EPOCH + timedelta(target.first_day), _EPOCH + timedelta(target.last_day))
        for target in time_targets(query, today)
    ]


def _range(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first}/{last}"
