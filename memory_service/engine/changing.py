"""A draft with some of its fields changed, as callers name and write them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from memory_service.engine.times import parse_time
from memory_service.errors import InvalidInputError
from memory_service.model.entry import EntryDraft

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FIXED = ("id",)
_CHANGEABLE = tuple(field.name for field in fields(EntryDraft) if field.name not in _FIXED)


def changed(draft: EntryDraft, changes: Mapping[str, object]) -> EntryDraft:
    """*draft* with these fields set; `None` clears one (tags and metadata become empty).

    The result has the right types, and may still hold values that are refused.

    Raises:
        InvalidInputError: If a field is unknown, cannot be changed, or is given a wrong type.
    """
    values: dict[str, Any] = {name: _read(name, value) for name, value in changes.items()}
    return replace(draft, **values)


def _read(name: str, value: object) -> object:
    if name not in _CHANGEABLE:
        listed = ", ".join(_CHANGEABLE)
        detail = f"{name!r:.60} cannot be changed; the fields are {listed}"
        raise InvalidInputError(detail, field=f"/{name:.60}")
    if value is None:
        return _EMPTY.get(name)
    return _READERS.get(name, _string)(value, f"/{name}")


def _string(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidInputError("takes a string", field=field)
    return value


def _session(value: object, field: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _string(value, field)


def _integer(value: object, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInputError("takes an integer", field=field)
    return value


def _strings(value: object, field: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidInputError("takes a list of strings", field=field)
    return tuple(_string(one, f"{field}/{number}") for number, one in enumerate(value))


def _object(value: object, field: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InvalidInputError("takes an object", field=field)
    return {_string(key, field): one for key, one in value.items()}


def _time(value: object, field: str) -> object:
    return parse_time(value, field=field)


_EMPTY: Mapping[str, object] = {"text": "", "tags": (), "metadata": {}}
_READERS: Mapping[str, Callable[[object, str], object]] = {
    "session": _session,
    "turn": _integer,
    "tags": _strings,
    "metadata": _object,
    "event_time": _time,
    "expires_at": _time,
}
