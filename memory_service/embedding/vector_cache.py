"""The vectors of the texts used last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from memory_service.protocols import Vector

_DIGEST_BYTES = 16


class VectorCache:
    """Vectors by a digest of the exact text, least recently used first to go; thread-safe.

    Keeps no text.  A text takes its vector and about 200 bytes: at 768 dimensions, 4,096 of them
    take 13 MB.

    Args:
        entries: How many texts keep their vectors; 0 keeps none.
    """

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._vectors: OrderedDict[bytes, Vector] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, texts: Iterable[str]) -> dict[str, Vector]:
        """The vectors of those of the texts that have one here."""
        if not self._entries:
            return {}
        digests = {text: _digest(text) for text in texts}
        found: dict[str, Vector] = {}
        with self._lock:
            for text, digest in digests.items():
                if digest in self._vectors:
                    self._vectors.move_to_end(digest)
                    found[text] = self._vectors[digest]
        return found

    def keep(self, vectors: dict[str, Vector]) -> None:
        """Keep these, and as many of the others as there is room for."""
        if not self._entries:
            return
        digests = {_digest(text): vector for text, vector in vectors.items()}
        with self._lock:
            self._vectors |= digests
            while len(self._vectors) > self._entries:
                self._vectors.popitem(last=False)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()
