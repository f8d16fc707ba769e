"""Filters as callers send them, read once into `model.filters`.

Every refusal names the place by a JSON pointer, relative to the filter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.engine.times import parse_time
from memory_service.engine.validation import NAME_BYTES, check_int64, utf8_size
from memory_service.errors import InvalidFilterError, InvalidInputError, NotFiniteError
from memory_service.model.filters import And, Compare, Field, Filter, FilterValue, Not, Operator, Or

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How many comparisons one filter holds, how deep it nests, how many values one list has.
COMPARISONS = 64
DEPTH = 8
LIST_VALUES = 256

_EQUALITY = (Operator.EQ, Operator.NE, Operator.IN, Operator.EXISTS)
_ORDER = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
_POINT = (Operator.EQ, Operator.NE, *_ORDER, Operator.EXISTS)
_OPERATORS: Mapping[Field, tuple[Operator, ...]] = {
    Field.ID: _EQUALITY,
    Field.KIND: _EQUALITY,
    Field.SESSION: _EQUALITY,
    Field.SPEAKER: _EQUALITY,
    Field.SOURCE: _EQUALITY,
    Field.SCOPE: (*_EQUALITY, Operator.PREFIX),
    Field.TAGS: (Operator.ANY, Operator.ALL, Operator.EXISTS),
    Field.TURN: _POINT,
    Field.EVENT_TIME: _POINT,
    Field.CREATED_AT: _POINT,
    Field.UPDATED_AT: _POINT,
    Field.EXPIRES_AT: _POINT,
    Field.METADATA: (*_POINT, Operator.IN),
}
_TIMES = (Field.EVENT_TIME, Field.CREATED_AT, Field.UPDATED_AT, Field.EXPIRES_AT)
_LISTS = (Operator.IN, Operator.ANY, Operator.ALL)
_METADATA = "metadata."
#: Of a longer step a pointer shows so much; no name that is accepted is longer.
_SHOWN_STEP = len(_METADATA) + NAME_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the parser stands, and how deep."""

    pointer: str = ""
    depth: int = 0

    def __truediv__(self, step: str | int) -> _Place:
        escaped = str(step)[:_SHOWN_STEP].replace("~", "~0").replace("/", "~1")
        return _Place(pointer=f"{self.pointer}/{escaped}", depth=self.depth)

    def deeper(self) -> _Place:
        if self.depth >= DEPTH:
            raise self.error(f"a filter nests at most {DEPTH} deep")
        return _Place(pointer=self.pointer, depth=self.depth + 1)

    def error(self, detail: str) -> InvalidFilterError:
        return InvalidFilterError(detail, field=self.pointer or "/")


def parse_filter(value: object) -> Filter:
    """Read a filter; an empty object matches everything.

    Raises:
        InvalidFilterError: If a field or operator is unknown, an operand is wrong, there are
            more than 64 comparisons, or they nest more than 8 deep.
        NotFiniteError: If a number is NaN or infinite.
        ForbiddenCharacterError: If a string holds NUL or a lone surrogate.
    """
    parsed = _parse(value, _Place())
    count = _comparisons(parsed)
    if count > COMPARISONS:
        raise _Place().error(f"a filter has at most {COMPARISONS} comparisons, not {count}")
    return parsed


def _parse(value: object, place: _Place) -> Filter:
    if not isinstance(value, dict):
        raise place.error('a filter is an object such as {"kind": "fact"}')
    parts = tuple(_member(name, operand, place) for name, operand in value.items())
    return parts[0] if len(parts) == 1 else And(filters=parts)


def _member(name: str, operand: object, place: _Place) -> Filter:
    here = place / name
    match name:
        case "and":
            return And(filters=_several(operand, here))
        case "or":
            return Or(filters=_several(operand, here))
        case "not":
            return Not(filter=_parse(operand, here.deeper()))
        case _:
            return _field(name, operand, here)


def _several(operand: object, place: _Place) -> tuple[Filter, ...]:
    if not isinstance(operand, list):
        raise place.error("takes a list of filters")
    inner = place.deeper()
    return tuple(_parse(one, inner / number) for number, one in enumerate(operand))


def _field(name: str, operand: object, place: _Place) -> Filter:
    field, key = _field_named(name, place)
    if not isinstance(operand, dict):
        return _compare(field, key, Operator.EQ.value, operand, place)
    if not operand:
        raise place.error(f"names no operator; {name} takes {_listed(_OPERATORS[field])}")
    parts = tuple(_compare(field, key, word, one, place / word) for word, one in operand.items())
    return parts[0] if len(parts) == 1 else And(filters=parts)


def _field_named(name: str, place: _Place) -> tuple[Field, str]:
    if name.startswith(_METADATA) and len(name) > len(_METADATA):
        return Field.METADATA, _key(name.removeprefix(_METADATA), place)
    try:
        field = Field(name)
    except ValueError:
        known = ", ".join(field for field in Field if field is not Field.METADATA)
        raise place.error(f"no such field; there are {known} and metadata.KEY") from None
    if field is Field.METADATA:
        raise place.error("name the key as well: metadata.KEY")
    return field, ""


def _key(key: str, place: _Place) -> str:
    if utf8_size(key, field=place.pointer) > NAME_BYTES:
        raise place.error(f"no metadata key is longer than {NAME_BYTES} bytes")
    return key


def _compare(field: Field, key: str, word: str, operand: object, place: _Place) -> Compare:
    allowed = _OPERATORS[field]
    if word not in allowed:
        raise place.error(f"{field} does not take {word!r:.40}; it takes {_listed(allowed)}")
    operator = Operator(word)
    return Compare(
        field=field, key=key, operator=operator, values=_values(field, operator, operand, place)
    )


def _values(
    field: Field, operator: Operator, operand: object, place: _Place
) -> tuple[FilterValue, ...]:
    if operator is Operator.EXISTS:
        if not isinstance(operand, bool):
            raise place.error("exists takes true or false")
        return (operand,)
    if operator not in _LISTS:
        return (_value(field, operand, place),)
    if not isinstance(operand, list) or len(operand) > LIST_VALUES:
        raise place.error(f"{operator} takes a list of at most {LIST_VALUES} values")
    return tuple(_value(field, one, place / number) for number, one in enumerate(operand))


def _value(field: Field, operand: object, place: _Place) -> FilterValue:
    if field in _TIMES:
        return _time(operand, place)
    if isinstance(operand, float) and not math.isfinite(operand):
        raise NotFiniteError("a number is finite", field=place.pointer)
    if field is Field.METADATA:
        return _metadata_value(operand, place)
    if field is Field.TURN:
        return _turn(operand, place)
    return _string(field, operand, place)


def _time(operand: object, place: _Place) -> FilterValue:
    try:
        return parse_time(operand, field=place.pointer)
    except InvalidInputError as error:
        raise place.error(error.detail) from None


def _metadata_value(operand: object, place: _Place) -> FilterValue:
    if isinstance(operand, str):
        return _encodable(operand, place)
    if isinstance(operand, bool | float):
        return operand
    if isinstance(operand, int):
        return _int64(operand, place)
    raise place.error("takes a string, a number, true or false; for null use exists")


def _turn(operand: object, place: _Place) -> FilterValue:
    if isinstance(operand, bool) or not isinstance(operand, int):
        raise place.error("takes an integer")
    return _int64(operand, place)


def _string(field: Field, operand: object, place: _Place) -> FilterValue:
    if field is Field.SESSION and isinstance(operand, int) and not isinstance(operand, bool):
        return str(operand)
    if not isinstance(operand, str):
        raise place.error("takes a string")
    return _encodable(operand, place)


def _encodable(operand: str, place: _Place) -> str:
    utf8_size(operand, field=place.pointer)
    return operand


def _int64(operand: int, place: _Place) -> int:
    check_int64(operand, field=place.pointer)
    return operand


def _comparisons(filter: Filter) -> int:
    match filter:
        case Compare():
            return 1
        case Not():
            return _comparisons(filter.filter)
        case _:
            return sum(map(_comparisons, filter.filters))


def _listed(operators: tuple[Operator, ...]) -> str:
    return ", ".join(operators)
