"""Puts texts that arrive together into one forward pass, and lets questions go first."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from memory_service.embedding.lanes import Lanes
from memory_service.embedding.pace import Pace
from memory_service.embedding.vector_cache import VectorCache
from memory_service.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from memory_service.embedding.lanes import Share
    from memory_service.model.entry import Span
    from memory_service.protocols import Embedder, EmbedderIdentity, Vector, Vectors

_log = logging.getLogger(__name__)


class BatchingEmbedder:
    """Wraps an embedder; one thread of its own runs every forward pass.

    The thread takes whatever waits when it becomes free, so that questions which come in during
    a pass share the next one; nothing waits for company, not even for 2 ms.

    Its own `embed` is for questions; `patient` embeds what can wait, such as an import.  While
    questions come in, an import goes in slices of about 30 ms, otherwise in passes of about
    250 ms or *max_batch* texts; both take turns, so that a question waits for one slice at most
    and an import is never starved.  How many texts that is follows from how long the last took.

    A question's vector is kept in the cache, which keeps those used last, and comes back as it
    was first computed, to the bit.  An import finds vectors there but leaves none.

    Args:
        inner: The embedder to run; closed with this one.
        max_batch: The most texts of one pass.
        cache_entries: How many questions keep their vectors in memory; 0 keeps none.
        timer: Seconds that only grow.
    """

    def __init__(
        self,
        inner: Embedder,
        *,
        max_batch: int = 64,
        cache_entries: int = 4096,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._inner = inner
        self._timer = timer
        self._pace = Pace(timer, most=max_batch)
        self._lanes = Lanes(self._pace, most=max_batch)
        self._cache = VectorCache(cache_entries)
        self._worker = threading.Thread(target=self._work, name="embedder", daemon=True)
        self._worker.start()

    @property
    def identity(self) -> EmbedderIdentity:
        """What the wrapped embedder is."""
        return self._inner.identity

    @property
    def patient(self) -> PatientEmbedder:
        """The same embedder for texts that can wait."""
        return PatientEmbedder(self)

    def asked(self) -> None:
        """Questions come in, though to another embedder: what is patient makes room for them."""
        self._pace.asked()

    def windows(self, header: str, body: str) -> list[Span]:
        """As the wrapped embedder cuts it."""
        return self._inner.windows(header, body)

    def embed(self, texts: Sequence[str], *, patient: bool = False) -> Vectors:
        """One unit vector per text, in order; *patient* ones let questions go first.

        Raises:
            UnavailableError: If the wrapped embedder failed on one of them, or after `close`.
        """
        found = self._cache.find(texts)
        missing = _by_length({text for text in texts if text not in found})
        if missing or self._lanes.closed:
            found |= self._lanes.put(missing, patient=patient).result()
        rows = np.empty((len(texts), self.identity.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            rows[row] = found[text]
        return rows

    def close(self) -> None:
        """Finish the pass under way, refuse the calls that wait, close the wrapped embedder."""
        self._lanes.close()
        self._worker.join()
        self._inner.close()

    def _work(self) -> None:
        while shares := self._lanes.take():
            self._run(shares)
        for call in self._lanes.waiting():
            call.answer.set_exception(
                UnavailableError("the service is stopping; retry when it is back")
            )

    def _run(self, shares: list[Share]) -> None:
        """One pass; when it fails in company, each share once more alone, to spare the others."""
        try:
            vectors = self._embed_once(shares)
        except Exception as error:  # noqa: BLE001  # the thread's boundary; the callers get it
            if len(shares) > 1:
                for share in shares:
                    self._run([share])
                return
            # The type alone: a message may quote the text.
            _log.warning("the embedder failed: %s", type(error).__name__)
            self._lanes.drop(shares[0].call)
            shares[0].call.fail(error)
        else:
            for share in shares:
                share.call.give({text: vectors[text] for text in share.texts})

    def _embed_once(self, shares: list[Share]) -> dict[str, Vector]:
        """Vectors of these; a text that another call brought in meanwhile is not run again."""
        texts = {text for share in shares for text in share.texts}
        patient = shares[0].call.patient
        vectors = self._cache.find(texts)
        missing = _by_length(texts - vectors.keys())
        if missing:
            start = self._timer()
            rows = self._inner.embed(missing)
            if patient:
                self._pace.measured(missing, self._timer() - start)
            # Copies, so that one cached row does not keep a whole pass in memory.
            fresh = {text: row.copy() for text, row in zip(missing, rows, strict=True)}
            if not patient:
                self._cache.keep(fresh)
            vectors |= fresh
        return vectors


def _by_length(texts: set[str]) -> list[str]:
    """In an order that depends on the texts alone."""
    return sorted(texts, key=lambda text: (len(text), text))


class PatientEmbedder:
    """A `BatchingEmbedder` as those see it whose texts can wait."""

    def __init__(self, embedder: BatchingEmbedder) -> None:
        self._embedder = embedder

    @property
    def identity(self) -> EmbedderIdentity:
        """What the embedder is."""
        return self._embedder.identity

    def windows(self, header: str, body: str) -> list[Span]:
        """As the embedder cuts it."""
        return self._embedder.windows(header, body)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, in order, after questions that wait.

        Raises:
            UnavailableError: As from the embedder.
        """
        return self._embedder.embed(texts, patient=True)

    def close(self) -> None:
        """Nothing: the embedder is closed by itself."""
