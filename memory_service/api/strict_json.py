"""JSON as RFC 8259 means it, and nothing beside it.

The standard parser takes NaN, lets the last of two equal keys win and passes lone surrogates
on; each of these ends as a crash or a wrong answer further in.
"""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

from memory_service.engine.validation import NAME_BYTES
from memory_service.errors import (
    ForbiddenCharacterError,
    InvalidInputError,
    NotFiniteError,
)

#: How deep arrays and objects may be nested.
MAX_DEPTH = 64
_INT64 = range(-(2**63), 2**63)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class NotJsonError(ValueError):
    """The bytes are not JSON; the message says where, never what."""


def parse(body: bytes) -> object:
    """Read one JSON value.

    Raises:
        NotJsonError: If *body* is not UTF-8, not JSON, or repeats a key.
        NotFiniteError: If a number is NaN, infinite or too large for a double.
        ForbiddenCharacterError: If a string or a key holds a lone surrogate.
        InvalidInputError: If an integer needs more than 64 bits, or the nesting is over 64 deep.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_int64,
        )
    except UnicodeDecodeError as error:
        raise NotJsonError(f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        raise NotJsonError(f"{what} at character {error.pos}") from None
    except RecursionError:
        raise InvalidInputError(_too_deep()) from None
    _check(value, "", 0)
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJsonError("an object names a key twice")
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise NotFiniteError("NaN and Infinity are not JSON; leave the value out or send null.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotFiniteError("A number is too large for a double; send a smaller one.")
    return number


def _int64(text: str) -> int:
    if len(text) > 20 or int(text) not in _INT64:
        raise InvalidInputError("An integer needs more than 64 bits; send it as a string.")
    return int(text)


def _too_deep() -> str:
    return f"The JSON is nested more than {MAX_DEPTH} deep; flatten it."


def _check(value: object, pointer: str, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value, pointer)
    elif isinstance(value, (dict, list)):
        if depth == MAX_DEPTH:
            raise InvalidInputError(_too_deep())
        _check_children(value, pointer, depth + 1)


def _check_children(value: dict[str, object] | list[object], pointer: str, depth: int) -> None:
    if isinstance(value, list):
        for number, child in enumerate(value):
            _check(child, f"{pointer}/{number}", depth)
        return
    for key, child in value.items():
        _check_text(key, pointer)
        _check(child, f"{pointer}/{escape_pointer(key)}", depth)


def _check_text(text: str, pointer: str) -> None:
    if not text.isascii() and _LONE_SURROGATE.search(text):
        raise ForbiddenCharacterError(
            "A string holds half of a surrogate pair; send whole characters.", field=pointer
        )


def escape_pointer(part: str | int) -> str:
    """One part of a JSON pointer (RFC 6901); one longer than any name may be is cut."""
    return str(part)[:NAME_BYTES].replace("~", "~0").replace("/", "~1")
