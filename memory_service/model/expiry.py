"""After how many days entries of a kind expire, where they do not say themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from memory_service.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The setting of a namespace.
EXPIRY_DAYS = "expiry_days"
#: Kinds of one namespace that may have a default, and the longest one: a hundred years.
MOST_KINDS = 64
MOST_DAYS = 36_500

_FIELD = f"/settings/{EXPIRY_DAYS}"


def days_of(setting: str) -> Mapping[str, float]:
    """Days by kind, as the setting holds them: a JSON object.

    Raises:
        InvalidInputError: If it is none, or a number of days is not above 0 and at most 36 500.
    """
    try:
        days = json.loads(setting)
    except ValueError:
        days = None
    if not isinstance(days, dict) or len(days) > MOST_KINDS:
        detail = f'{EXPIRY_DAYS} has days by kind, at most {MOST_KINDS}, such as {{"note": 30}}'
        raise InvalidInputError(detail, field=_FIELD)
    for kind, value in days.items():
        # NaN is not between them either.
        if not _is_number(value) or not 0 < value <= MOST_DAYS or not kind:
            raise InvalidInputError(
                f"a kind has a number of days above 0 and at most {MOST_DAYS}", field=_FIELD
            )
    return days


def setting_of(days: Mapping[str, float]) -> str:
    """The one form in which the setting is kept; whole numbers have no fraction."""
    plain = {kind: int(one) if one == int(one) else one for kind, one in days.items()}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
