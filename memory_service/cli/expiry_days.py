"""Days by kind, as the command line takes and says them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from memory_service.errors import ConfigurationError

_NEVER = "never"


def with_expiry(days: Mapping[str, float], given: Sequence[str]) -> dict[str, float]:
    """*days* with each `KIND=DAYS` set, and each `KIND=never` taken out.

    Raises:
        ConfigurationError: If one is neither.
    """
    changed = dict(days)
    for one in given:
        kind, _, value = one.rpartition("=")
        if not kind:
            raise ConfigurationError(f"{one} is not KIND=DAYS, such as note=30.")
        changed.pop(kind, None)
        if value != _NEVER:
            changed[kind] = _number(value)
    return changed


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ConfigurationError(f"{value} is no number of days, nor `{_NEVER}`.") from None


def setting_in_words(key: str, value: str | Mapping[str, float]) -> str:
    """A namespace's setting for people."""
    if not isinstance(value, Mapping):
        return f"{key}: {value}"
    parts = [f"{kind} after {days:g} days" for kind, days in sorted(value.items())]
    return f"expires: {', '.join(parts) or 'nothing by itself'}"
