"""The model as the engine uses it: passages and queries, and whether it works."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from memory_service.engine.requests import ModelState
from memory_service.errors import UnavailableError
from memory_service.model.write import Passage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from memory_service.engine.requests import ModelStatus
    from memory_service.model.entry import ContextualKey
    from memory_service.protocols import Embedder, Vectors

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EmbeddedQueries:
    """One vector per query, and which queries were longer than the model's window."""

    vectors: Vectors
    truncated: tuple[bool, ...]


class ModelUse:
    """Embeds for the engine and keeps the model's state true to what happens.

    Thread-safe.

    Args:
        embedder: The model, or `None` where there is none.
        status: What is known of it at the start.
        on_recovery: Called, in the thread that noticed, when it works again after a failure.
        patient: The same model for passages, which let queries go first; by default *embedder*.
    """

    def __init__(
        self,
        embedder: Embedder | None,
        status: ModelStatus,
        *,
        on_recovery: Callable[[], None],
        patient: Embedder | None = None,
    ) -> None:
        self._embedder = embedder
        self._patient = patient or embedder
        self._status = status
        self._detail_when_well = status.detail
        self._on_recovery = on_recovery
        self._texts = 0
        self._lock = threading.Lock()

    @property
    def present(self) -> bool:
        """Whether there is a model, working or not."""
        return self._embedder is not None

    @property
    def status(self) -> ModelStatus:
        """The model and its state after the last use."""
        return self._status

    @property
    def embedded_texts(self) -> int:
        """How many texts it was given since the start and embedded."""
        return self._texts

    def queries(self, queries: Sequence[str]) -> EmbeddedQueries:
        """Embed queries in one call, each by its first window.

        Raises:
            UnavailableError: If the model cannot be run now.
        """
        embedder = _required(self._embedder)
        vectors = self._embed(embedder, queries)
        truncated = tuple(len(embedder.windows("", query)) > 1 for query in queries)
        return EmbeddedQueries(vectors=vectors, truncated=truncated)

    def passages(self, keys: Sequence[ContextualKey]) -> list[tuple[Passage, ...]]:
        """The passages of each key, in order; equal texts are given to the model once.

        Raises:
            UnavailableError: If the model cannot be run now.
        """
        embedder = _required(self._patient)
        space = embedder.identity.space
        spans = [embedder.windows(key.header, key.body) for key in keys]
        texts = [
            [key.header + key.body[span.start : span.stop] for span in of_key]
            for key, of_key in zip(keys, spans, strict=True)
        ]
        distinct = list(dict.fromkeys(text for of_key in texts for text in of_key))
        vectors = dict(zip(distinct, self._embed(embedder, distinct), strict=True))
        return [
            tuple(
                Passage(span=span, vector=vectors[text], space=space)
                for span, text in zip(of_key, texts_of_key, strict=True)
            )
            for of_key, texts_of_key in zip(spans, texts, strict=True)
        ]

    def use(self, embedder: Embedder, status: ModelStatus, *, patient: Embedder) -> Embedder | None:
        """Use another model from now on; the one before, for the caller to free.

        A call under way ends with the one it began with, or with `UnavailableError`.
        """
        with self._lock:
            before = self._embedder
            self._embedder, self._patient, self._status = embedder, patient, status
            self._detail_when_well = status.detail
        return before

    def close(self) -> None:
        """Free the model."""
        if self._embedder is not None:
            self._embedder.close()

    def _embed(self, embedder: Embedder, texts: Sequence[str]) -> Vectors:
        try:
            vectors = embedder.embed(texts)
        except UnavailableError as error:
            # Not of this model any more, if another one took over meanwhile.
            if embedder in (self._embedder, self._patient):
                self._note(ModelState.FAILING, error.detail)
            raise
        with self._lock:
            self._texts += len(texts)
        self._note(ModelState.READY, self._detail_when_well)
        return vectors

    def _note(self, state: ModelState, detail: str) -> None:
        with self._lock:
            before = self._status.state
            if state is before is ModelState.READY:
                return
            self._status = replace(self._status, state=state, detail=detail)
        if state is before:
            return
        if state is ModelState.FAILING:
            _log.warning("the model fails: %s", detail)
            return
        _log.info("the model works again")
        self._on_recovery()


def _required(embedder: Embedder | None) -> Embedder:
    if embedder is None:
        raise UnavailableError("no model is here; see `memory-service model list`")
    return embedder
