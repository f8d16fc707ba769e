"""Opaque cursors: a place in one list, signed, so that it cannot be changed or used elsewhere."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

from memory_service.errors import InvalidCursorError

_TAG_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKey:
    """What makes two lists the same list: kind, namespace, order, filter and moment as sent."""

    kind: str
    namespace: str
    order: str = ""
    filter: str = ""
    as_of: str = ""

    def digest(self) -> bytes:
        """A fingerprint of the list."""
        parts = [self.kind, self.namespace, self.order, self.filter, self.as_of]
        return hashlib.sha256(json.dumps(parts).encode()).digest()


class CursorSigner:
    """Seals and opens cursors with a secret; those of another secret are refused."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hashlib.sha256(b"cursor\0" + secret).digest()

    def seal(self, key: ListKey, place: list[int] | list[str]) -> str:
        """A cursor for *place* in the list *key*."""
        payload = json.dumps(place, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._tag(key, payload) + payload).decode()

    def open_pair(self, key: ListKey, cursor: str | None) -> tuple[int, int] | None:
        """The place of a list of entries; `None` without a cursor.

        Raises:
            InvalidCursorError: If the cursor was changed or is another list's.
        """
        if cursor is None:
            return None
        first, second = json.loads(self._payload(key, cursor))
        return first, second

    def open_name(self, key: ListKey, cursor: str | None) -> str | None:
        """The place of a list of names; `None` without a cursor.

        Raises:
            InvalidCursorError: If the cursor was changed or is another list's.
        """
        if cursor is None:
            return None
        (name,) = json.loads(self._payload(key, cursor))
        return str(name)

    def _payload(self, key: ListKey, cursor: str) -> bytes:
        try:
            raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raw = b""
        tag, payload = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(key, payload)):
            raise InvalidCursorError(
                "The cursor was changed or belongs to another list; "
                "start again without one, with the same filter and order on every page.",
                field="?cursor",
            )
        return payload

    def _tag(self, key: ListKey, payload: bytes) -> bytes:
        return hmac.digest(self._secret, key.digest() + payload, "sha256")[:_TAG_BYTES]
