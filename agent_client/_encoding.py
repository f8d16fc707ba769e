"""From the caller's values to bytes and addresses."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from urllib.parse import quote, urlencode

from agent_client.errors import UnsendableError
from agent_client.models import EntryDraft, NewEntry


def json_bytes(payload: object, at: str = "") -> bytes:
    """The payload as JSON in UTF-8; times as RFC 3339 text.

    *at* is where in a larger request it stands, as a JSON pointer.

    Raises:
        UnsendableError: If it holds a lone surrogate, NaN, infinity or a value JSON has no form
            for.  The message says where, and never repeats a text.
    """
    try:
        text = json.dumps(
            payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
        )
        return text.encode()
    except (ValueError, TypeError, RecursionError):
        raise UnsendableError(_first_fault(payload, at)) from None


def entry_payload(entry: NewEntry) -> Mapping[str, object]:
    """An entry as the service reads it; fields that are not set are left out."""
    if isinstance(entry, str):
        return {"text": entry}
    if not isinstance(entry, EntryDraft):
        return entry
    given = {field.name: getattr(entry, field.name) for field in fields(entry)}
    return {name: value for name, value in given.items() if value is not None}


def path(*segments: str) -> str:
    """A path of these segments, each percent-encoded.

    Raises:
        UnsendableError: If a segment is empty, `.` or `..` (it would name another route), or
            holds a lone surrogate.
    """
    return "".join(f"/{_segment(segment)}" for segment in segments)


def query_string(parameters: Mapping[str, object]) -> str:
    """`?a=b&c=d` of those that are not `None`; empty when none is left."""
    given = {name: _parameter(value) for name, value in parameters.items() if value is not None}
    try:
        return f"?{urlencode(given)}" if given else ""
    except UnicodeEncodeError:
        raise UnsendableError("a query parameter holds a lone surrogate") from None


def _segment(segment: str) -> str:
    if segment in ("", ".", ".."):
        raise UnsendableError(f"{segment!r} cannot be an id, a namespace or a session's address")
    try:
        return quote(segment, safe="")
    except UnicodeEncodeError:
        raise UnsendableError("an id, namespace or session holds a lone surrogate") from None


def _parameter(value: object) -> str:
    if isinstance(value, Mapping):
        return json_bytes(value).decode()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def _first_fault(payload: object, at: str) -> str:
    other = f"{at or 'the request'} has no form in JSON"
    try:
        return next(_faults(payload, at), other)
    except RecursionError:
        return other


def _faults(value: object, at: str) -> Iterator[str]:
    """What in a payload has no form on the wire, in order."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _text_faults(str(key), f"a key of {at or '/'}")
            yield from _faults(part, f"{at}/{key}")
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _faults(part, f"{at}/{number}")
    elif isinstance(value, str):
        yield from _text_faults(value, at or "/")
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield f"{at or '/'} is {value}; numbers must be finite"
    elif not isinstance(value, int | date | None):
        yield f"{at or '/'} is of type {type(value).__name__}, which JSON has no form for"


def _text_faults(text: str, at: str) -> Iterator[str]:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        yield (
            f"{at} holds a lone surrogate at character {error.start}, which has no UTF-8 form; "
            "repair it, for example with text.encode('utf-8', 'replace').decode()"
        )
