"""The queries' vectors, made beside the lexical legs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from memory_service.engine.deadline import Deadline
    from memory_service.engine.model_use import EmbeddedQueries, ModelUse

#: Why the dense leg is missing, as answers say it.
MODEL_MISSING = "model_missing"
EMBEDDER_FAILED = "embedder_failed"
DEADLINE = "deadline"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryVectors:
    """The vectors, or why there are none (then `missing` is not empty)."""

    embedded: EmbeddedQueries | None = None
    missing: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Timed:
    embedded: EmbeddedQueries
    seconds: float


class QueryVectorsUnderWay:
    """Vectors that a thread of the pool is making; without a model, nothing under way."""

    def __init__(self, future: Future[_Timed] | None) -> None:
        self._future = future

    def wait(self, deadline: Deadline, *, finish_seconds: float) -> QueryVectors:
        """Wait for them, but leave *finish_seconds* of the caller's time for the rest.

        Vectors that are there already are taken however late it is.
        """
        if self._future is None:
            return QueryVectors(missing=MODEL_MISSING)
        remaining = deadline.remaining()
        patience = None if remaining is None else max(0.0, remaining - finish_seconds)
        try:
            timed = self._future.result(timeout=patience)
        except TimeoutError:
            self._future.cancel()
            return QueryVectors(missing=DEADLINE)
        except UnavailableError:
            return QueryVectors(missing=EMBEDDER_FAILED)
        return QueryVectors(embedded=timed.embedded, seconds=timed.seconds)


class QueryEmbedding:
    """A pool in which queries wait for the model, so that the caller's thread need not."""

    def __init__(self, model: ModelUse, *, threads: int, timer: Callable[[], float]) -> None:
        self._model = model
        self._timer = timer
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="query-vectors")

    def start(self, queries: tuple[str, ...]) -> QueryVectorsUnderWay:
        """Begin to embed all of these, in one call of the model."""
        if not self._model.present:
            return QueryVectorsUnderWay(None)
        return QueryVectorsUnderWay(self._pool.submit(self._embed, queries))

    def close(self) -> None:
        """Begin nothing more, and finish what is under way."""
        self._pool.shutdown()

    def _embed(self, queries: tuple[str, ...]) -> _Timed:
        start = self._timer()
        embedded = self._model.queries(queries)
        return _Timed(embedded=embedded, seconds=self._timer() - start)
