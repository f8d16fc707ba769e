"""What is accepted into the store, and what is refused with which error."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from memory_service.engine.times import aware
from memory_service.errors import (
    BlankTextError,
    ForbiddenCharacterError,
    InvalidIdError,
    InvalidInputError,
    InvalidLimitError,
    InvalidNamespaceError,
    NotFiniteError,
    TextTooLongError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from memory_service.model.entry import EntryDraft, MetadataValue
    from memory_service.model.write import Idempotency

#: Bytes of UTF-8 of a query, and of an entry's text and summary together.
TEXT_BYTES = 64 * 1024
#: Bytes of UTF-8 of an id.
ID_BYTES = 512
#: Bytes of UTF-8 of a kind, scope, tag, session, speaker, source or metadata key.
NAME_BYTES = 1024
#: Bytes of UTF-8 of a metadata value that is a string.
METADATA_VALUE_BYTES = 8 * 1024
#: Tags of one entry, and keys of its metadata.
TAGS = 64
METADATA_KEYS = 64
#: Characters of an idempotency key.
IDEMPOTENCY_KEY_LENGTH = 255

_NAMESPACE = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_IDEMPOTENCY_KEY = re.compile(rf"[!-~]{{1,{IDEMPOTENCY_KEY_LENGTH}}}", re.ASCII)
#: Controls, format characters, surrogates and separators show nothing …
_INVISIBLE_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Zs", "Zl", "Zp"))
#: … and neither do these, which Unicode counts as letters or symbols.
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_INT64 = 2**63


def check_namespace(name: str) -> None:
    """Refuse a namespace outside `[A-Za-z0-9._-]{1,128}`.

    Raises:
        InvalidNamespaceError: If it does not match.
    """
    if not _NAMESPACE.fullmatch(name):
        raise InvalidNamespaceError(
            "a namespace has 1 to 128 of the characters A-Z a-z 0-9 . _ -", field="/namespace"
        )


def check_id(entry_id: str, *, field: str = "/id") -> None:
    """Refuse an id that cannot name an entry.

    Raises:
        InvalidIdError: If it is empty, longer than 512 bytes, `.` or `..`.
        ForbiddenCharacterError: If it holds a control character or a lone surrogate.
    """
    size = utf8_size(entry_id, field=field)
    if any(unicodedata.category(char) == "Cc" for char in entry_id):
        raise ForbiddenCharacterError("an id holds no control characters", field=field)
    if not 1 <= size <= ID_BYTES:
        raise InvalidIdError(f"an id has 1 to {ID_BYTES} bytes, not {size}", field=field)
    if entry_id in (".", ".."):
        raise InvalidIdError("an id is not . or .., which paths cannot carry", field=field)


def check_count(name: str, value: int, *, low: int, high: int) -> None:
    """Refuse a number of rows, turns or versions that is out of range.

    Raises:
        InvalidLimitError: If it is.
    """
    if not low <= value <= high:
        detail = f"{name} lies between {low} and {high}, not {value}"
        raise InvalidLimitError(detail, field=f"/{name}")


def check_text(text: str, *, field: str) -> int:
    """Refuse a text or query that cannot be remembered or asked; its size in bytes.

    Raises:
        BlankTextError: If it holds no visible character.
        TextTooLongError: If it is longer than 64 KiB of UTF-8.
        ForbiddenCharacterError: If it holds NUL or a lone surrogate.
    """
    size = utf8_size(text, field=field)
    if size > TEXT_BYTES:
        detail = f"at most {TEXT_BYTES} bytes of UTF-8, not {size}; split it"
        raise TextTooLongError(detail, field=field)
    if not any(map(_visible, text)):
        raise BlankTextError("holds no visible character", field=field)
    return size


def check_idempotency(idempotency: Idempotency | None) -> None:
    """Refuse an idempotency key that is not 1 to 255 visible ASCII characters.

    Raises:
        InvalidInputError: If it is not.
    """
    if idempotency is not None and not _IDEMPOTENCY_KEY.fullmatch(idempotency.key):
        raise InvalidInputError(
            f"an idempotency key has 1 to {IDEMPOTENCY_KEY_LENGTH} visible ASCII characters",
            field="Idempotency-Key",
        )


def checked_draft(draft: EntryDraft, new_id: Callable[[], str]) -> EntryDraft:
    """*draft* with an id (a new one if it had none) and aware times, if it can be remembered.

    An `expires_at` in the past is accepted: the entry is stored and hidden at once.

    Raises:
        InvalidInputError: If a field is refused; `field` says which.
    """
    complete = replace(
        draft,
        id=draft.id or new_id(),
        event_time=draft.event_time and aware(draft.event_time, field="/event_time"),
        expires_at=draft.expires_at and aware(draft.expires_at, field="/expires_at"),
    )
    check_id(complete.id)
    _check_texts(complete)
    _check_names(complete)
    _check_tags(complete.tags)
    _check_metadata(complete.metadata)
    _check_turn(complete.turn)
    return complete


def _check_texts(draft: EntryDraft) -> None:
    size = check_text(draft.text, field="/text")
    if draft.summary is None:
        return
    together = size + check_text(draft.summary, field="/summary")
    if together > TEXT_BYTES:
        detail = f"text and summary have at most {TEXT_BYTES} bytes together, not {together}"
        raise TextTooLongError(detail, field="/summary")


def _check_names(draft: EntryDraft) -> None:
    for field in ("kind", "scope", "session", "speaker", "source"):
        name = getattr(draft, field)
        if name is not None:
            _check_name(name, field=f"/{field}")


def _check_name(name: str, *, field: str, limit: int = NAME_BYTES) -> None:
    size = utf8_size(name, field=field)
    if not 1 <= size <= limit:
        raise InvalidInputError(f"takes 1 to {limit} bytes of UTF-8, not {size}", field=field)


def _check_tags(tags: tuple[str, ...]) -> None:
    if len(tags) > TAGS:
        raise InvalidInputError(f"at most {TAGS} tags, not {len(tags)}", field="/tags")
    for number, tag in enumerate(tags):
        _check_name(tag, field=f"/tags/{number}")


def _check_metadata(metadata: Mapping[str, MetadataValue]) -> None:
    if len(metadata) > METADATA_KEYS:
        detail = f"at most {METADATA_KEYS} keys, not {len(metadata)}"
        raise InvalidInputError(detail, field="/metadata")
    for key, value in metadata.items():
        _check_name(key, field="/metadata")
        _check_metadata_value(value, field=f"/metadata/{key}")


def _check_metadata_value(value: object, *, field: str) -> None:
    match value:
        case None | bool():
            return
        case str():
            if value:
                _check_name(value, field=field, limit=METADATA_VALUE_BYTES)
        case float():
            if not math.isfinite(value):
                raise NotFiniteError("a number is finite", field=field)
        case int():
            check_int64(value, field=field)
        case _:
            detail = "a metadata value is a string, a number, true, false or null"
            raise InvalidInputError(detail, field=field)


def _check_turn(turn: int | None) -> None:
    if turn is not None:
        check_int64(turn, field="/turn")


def check_int64(number: int, *, field: str) -> None:
    """Refuse an integer that the store cannot hold.

    Raises:
        InvalidInputError: If it does not fit 64 bits with a sign.
    """
    if not -_INT64 <= number < _INT64:
        raise InvalidInputError("an integer fits 64 bits", field=field)


def utf8_size(text: str, *, field: str) -> int:
    """How many bytes *text* takes.

    Raises:
        ForbiddenCharacterError: If it holds NUL or a lone surrogate.
    """
    if "\0" in text:
        raise ForbiddenCharacterError("holds NUL; remove it", field=field)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        detail = "holds half a surrogate pair; send whole characters"
        raise ForbiddenCharacterError(detail, field=field) from None


def _visible(char: str) -> bool:
    return unicodedata.category(char) not in _INVISIBLE_CATEGORIES and char not in _INVISIBLE
