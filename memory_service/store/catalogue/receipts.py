"""Which idempotency keys were used, and when; the receipts themselves stay in the database.

A key costs some 400 bytes here, whatever its write brought; a receipt of 256 entries would cost a
hundred times as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.model.write import Receipt


@dataclass(frozen=True, slots=True)
class Remembered:
    """The receipt of a write that came with a key; `at` is an instant."""

    body_digest: bytes
    receipt: Receipt
    at: int


def _nothing(_namespace: str, _key: str) -> Remembered | None:
    return None


class Receipts:
    """The keys of all namespaces, those used last last; changed by one thread.

    Args:
        stored: Gives what the database remembers under a namespace's key.
    """

    def __init__(self, stored: Callable[[str, str], Remembered | None] = _nothing) -> None:
        self._stored = stored
        self._used: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._used)

    def note(self, namespace: str, key: str, at: int) -> None:
        """A key was used at an instant, not before those noted so far."""
        self._used.pop((namespace, key), None)
        self._used[namespace, key] = at

    def find(self, namespace: str, key: str) -> Remembered | None:
        """What is remembered under a key; `None` if it was not used, or is forgotten."""
        if (namespace, key) not in self._used:
            return None
        return self._stored(namespace, key)

    def forget(self, before: int, most: int) -> None:
        """Drop keys used up to *before*, and the oldest beyond *most*."""
        old = sum(1 for _ in takewhile(lambda at: at <= before, self._used.values()))
        for used in list(islice(self._used, max(old, len(self._used) - most))):
            del self._used[used]
