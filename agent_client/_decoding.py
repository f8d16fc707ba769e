"""From parsed JSON to the values of `models`, by their annotations.

Unknown fields are ignored, so an older client reads a newer service; a missing field takes its
default; a field without one, or of another type, makes the answer unreadable.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from agent_client.errors import ProtocolError

T = TypeVar("T")
_Decoder = Callable[[object, str], object]
_SCALARS = (str, int, float, bool, type(None))


def decode(kind: type[T], value: object) -> T:
    """Read *value* as a *kind*, one of the dataclasses of `models`.

    Raises:
        ProtocolError: If a part is missing or of another type; the message says which.
    """
    return cast("T", _decoder(cast("Hashable", kind))(value, ""))


@cache
def _decoder(kind: Hashable) -> _Decoder:
    """The function that reads one annotation."""
    origin = get_origin(kind)
    if origin in (types.UnionType, Union):
        return _union(get_args(kind))
    if origin is tuple:
        return _sequence(_decoder(get_args(kind)[0]))
    if origin is Mapping:
        return _mapping(_decoder(get_args(kind)[1]))
    if kind is datetime:
        return _time
    if not isinstance(kind, type):
        raise TypeError(f"{kind} has no JSON form")
    return _record(kind) if is_dataclass(kind) else _scalar(kind)


def _scalar(kind: type) -> _Decoder:
    accepted = (int, float) if kind is float else (kind,)

    def read(value: object, at: str) -> object:
        if type(value) not in accepted:
            raise _unreadable(at, kind.__name__, value)
        return float(value) if isinstance(value, int) and kind is float else value

    return read


def _time(value: object, at: str) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise _unreadable(at, "a time", value) from None


def _union(members: tuple[Hashable, ...]) -> _Decoder:
    """Scalars by their own type; else the one member that is not a scalar."""
    scalars = {member for member in members if member in _SCALARS}
    rest = [member for member in members if member not in _SCALARS]
    fallback = _decoder(rest[0]) if rest else _scalar(str)

    def read(value: object, at: str) -> object:
        if type(value) in scalars:
            return value
        if float in scalars and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return fallback(value, at)

    return read


def _sequence(item: _Decoder) -> _Decoder:
    def read(value: object, at: str) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise _unreadable(at, "a list", value)
        return tuple(item(part, f"{at}/{number}") for number, part in enumerate(value))

    return read


def _mapping(item: _Decoder) -> _Decoder:
    def read(value: object, at: str) -> dict[str, object]:
        return {key: item(part, f"{at}/{key}") for key, part in _object(value, at).items()}

    return read


def _record(kind: type[Any]) -> _Decoder:
    hints = get_type_hints(kind)
    decoders = [(field.name, _decoder(hints[field.name])) for field in fields(kind)]
    required = {
        field.name
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    }

    def read(value: object, at: str) -> object:
        given = _object(value, at)
        if missing := sorted(required - given.keys()):
            raise ProtocolError(f"the answer has no {at}/{missing[0]}")
        return kind(
            **{name: part(given[name], f"{at}/{name}") for name, part in decoders if name in given}
        )

    return read


def _object(value: object, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unreadable(at, "an object", value)
    return value


def _unreadable(at: str, wanted: str, value: object) -> ProtocolError:
    """An error that names place and types, never the value: it may be an entry's text."""
    found = type(value).__name__
    return ProtocolError(f"the answer holds at {at or '/'} not {wanted} but {found}")
