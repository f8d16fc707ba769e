"""Puts texts that arrive together into one forward pass, and embeds none twice."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from memory_service.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from memory_service.model.entry import Span
    from memory_service.protocols import Embedder, EmbedderIdentity, Vector, Vectors

_log = logging.getLogger(__name__)

#: Most texts of a long call in one pass, so that a query never waits for more than these.
SLICE = 16


class BatchingEmbedder:
    """Wraps an embedder; one thread of its own runs every forward pass.

    The thread takes whatever waits when it becomes free; nothing waits for company.  A call of
    at most 16 new texts is short: short calls share passes.  A longer one is embedded in slices
    of 16, sorted by length, and short and long calls take turns, so that a query waits for one
    slice of an import at most, and an import is never starved.

    A text is embedded once while its vector is in the cache, which keeps those used last.
    Vectors come back as they were first computed, so a repeated text gives the same bits.

    Args:
        inner: The embedder to run; closed with this one.
        max_batch: The most texts of one pass.
        cache_entries: How many texts keep their vectors in memory; 0 keeps none.
    """

    def __init__(self, inner: Embedder, *, max_batch: int = 64, cache_entries: int = 4096) -> None:
        self._inner = inner
        self._queue = _Queue(max_batch)
        self._cache = _Cache(cache_entries)
        self._worker = threading.Thread(target=self._work, name="embedder", daemon=True)
        self._worker.start()

    @property
    def identity(self) -> EmbedderIdentity:
        """What the wrapped embedder is."""
        return self._inner.identity

    def windows(self, header: str, body: str) -> list[Span]:
        """As the wrapped embedder cuts it."""
        return self._inner.windows(header, body)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, in order.

        Raises:
            UnavailableError: If the wrapped embedder failed on one of them, or after `close`.
        """
        found = self._cache.find(texts)
        missing = sorted({text for text in texts if text not in found}, key=len)
        if missing or self._queue.closed:
            found |= self._queue.put(missing).result()
        rows = np.empty((len(texts), self.identity.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            rows[row] = found[text]
        return rows

    def close(self) -> None:
        """Finish the pass under way, refuse the calls that wait, close the wrapped embedder."""
        self._queue.close()
        self._worker.join()
        self._inner.close()

    def _work(self) -> None:
        while shares := self._queue.take():
            self._run(shares)
        for call in self._queue.waiting():
            call.answer.set_exception(
                UnavailableError("the service is stopping; retry when it is back")
            )

    def _run(self, shares: list[_Share]) -> None:
        """One pass; when it fails in company, each share once more alone, to spare the others."""
        try:
            vectors = self._embed_once({text for share in shares for text in share.texts})
        except Exception as error:  # noqa: BLE001  # the thread's boundary; the callers get it
            if len(shares) > 1:
                for share in shares:
                    self._run([share])
                return
            # The type alone: a message may quote the text.
            _log.warning("the embedder failed: %s", type(error).__name__)
            self._queue.drop(shares[0].call)
            shares[0].call.fail(error)
        else:
            for share in shares:
                share.call.give({text: vectors[text] for text in share.texts})

    def _embed_once(self, texts: set[str]) -> dict[str, Vector]:
        """Vectors of these; a text that another call brought in meanwhile is not run again."""
        vectors = self._cache.find(texts)
        missing = sorted(texts - vectors.keys(), key=lambda text: (len(text), text))
        if missing:
            rows = self._inner.embed(missing)
            # Copies, so that one cached row does not keep a whole pass in memory.
            fresh = {text: row.copy() for text, row in zip(missing, rows, strict=True)}
            self._cache.keep(fresh)
            vectors |= fresh
        return vectors


@dataclass(slots=True, eq=False)
class _Call:
    """One caller's new texts, no two equal, and what has become of them."""

    texts: list[str]
    taken: int = 0
    vectors: dict[str, Vector] = field(default_factory=dict)
    answer: Future[dict[str, Vector]] = field(default_factory=Future)

    def give(self, vectors: dict[str, Vector]) -> None:
        self.vectors |= vectors
        if len(self.vectors) == len(self.texts):
            self.answer.set_result(self.vectors)

    def fail(self, error: Exception) -> None:
        failure = UnavailableError(
            f"the embedding model failed ({type(error).__name__}); retry, or see the service's log"
        )
        failure.__cause__ = error
        self.answer.set_exception(failure)


@dataclass(frozen=True, slots=True)
class _Share:
    """The part of a call that goes into one pass."""

    call: _Call
    texts: list[str]


class _Queue:
    """The calls that wait; decides which go into the next pass."""

    def __init__(self, max_batch: int) -> None:
        self._max_batch = max_batch
        self._slice = min(SLICE, max_batch)
        self._short: deque[_Call] = deque()
        self._long: deque[_Call] = deque()
        self._turn_of_long = False
        self._condition = threading.Condition()
        self.closed = False

    def put(self, texts: list[str]) -> Future[dict[str, Vector]]:
        call = _Call(texts)
        with self._condition:
            if self.closed:
                raise UnavailableError("the embedder is closed; start the service again")
            (self._short if len(texts) <= self._slice else self._long).append(call)
            self._condition.notify()
        return call.answer

    def take(self) -> list[_Share]:
        """Wait for work and take the next pass's; empty once closed."""
        with self._condition:
            self._condition.wait_for(lambda: self.closed or self._short or self._long)
            if self.closed:
                return []
            long = bool(self._long) and (self._turn_of_long or not self._short)
            self._turn_of_long = not long
            return [self._take_slice()] if long else self._take_short()

    def close(self) -> None:
        """Take no more calls, and hand out no more work."""
        with self._condition:
            self.closed = True
            self._condition.notify()

    def waiting(self) -> list[_Call]:
        """The calls of which something has not been taken."""
        with self._condition:
            return [*self._short, *self._long]

    def drop(self, call: _Call) -> None:
        """Take nothing more of this call."""
        with self._condition:
            if call in self._long:
                self._long.remove(call)

    def _take_short(self) -> list[_Share]:
        shares: list[_Share] = []
        room = self._max_batch
        while self._short and len(self._short[0].texts) <= room:
            call = self._short.popleft()
            room -= len(call.texts)
            shares.append(_Share(call, call.texts))
        return shares

    def _take_slice(self) -> _Share:
        call = self._long[0]
        texts = call.texts[call.taken : call.taken + self._slice]
        call.taken += len(texts)
        if call.taken == len(call.texts):
            self._long.popleft()
        return _Share(call, texts)


class _Cache:
    """The vectors of the texts used last, found by a digest of the exact text."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._vectors: OrderedDict[bytes, Vector] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, texts: Iterable[str]) -> dict[str, Vector]:
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
        if not self._entries:
            return
        digests = {_digest(text): vector for text, vector in vectors.items()}
        with self._lock:
            self._vectors |= digests
            while len(self._vectors) > self._entries:
                self._vectors.popitem(last=False)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()
