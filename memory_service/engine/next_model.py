"""The engine's side of another model: the background work, and the moment it takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.engine.background import Background
from memory_service.engine.reembedding import ReembeddingWork

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from memory_service.engine.gate import Gate
    from memory_service.engine.model_use import ModelUse
    from memory_service.engine.models import Models
    from memory_service.engine.next_models import AnotherModel, LoadedModel, ReembedStatus
    from memory_service.engine.options import EngineOptions
    from memory_service.engine.recalling import Recalling
    from memory_service.protocols import Backend, Reembedding


class TakeOver:
    """Lets a model serve between two recalls, so that none meets vectors of two."""

    def __init__(
        self,
        *,
        gate: Gate,
        model: ModelUse,
        recalling: Recalling,
        clock: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._model = model
        self._recalling = recalling
        self._clock = clock

    def __call__(self, loaded: LoadedModel, reembedding: Reembedding) -> bool:
        """Switch; false if the backend holds an entry without its vectors.

        Raises:
            StorageError: If the switch could not be committed.
        """
        with self._gate.alone():
            if not reembedding.switch(now=self._clock()):
                return False
            before = self._model.use(loaded.embedder, loaded.status, patient=loaded.patient)
            self._recalling.rank_with(loaded.ranking, loaded.floor)
        if before is not None:
            before.close()
        return True


class NextModel:
    """The work towards another model, where there can be one.

    Args:
        another: How one comes; `None`: never.
        backend: The store.
        models: Where writes get their vectors.
        take_over: The switch.
        options: See `ReembeddingWork`.
        clock: The time.
    """

    def __init__(
        self,
        another: AnotherModel | None,
        *,
        backend: Backend,
        models: Models,
        take_over: TakeOver,
        options: EngineOptions,
        clock: Callable[[], datetime],
    ) -> None:
        self._work: ReembeddingWork | None = None
        self._background: Background | None = None
        if another is not None:
            self._work = ReembeddingWork(
                another,
                backend=backend,
                models=models,
                take_over=take_over,
                options=options,
                clock=clock,
            )
            self._background = Background(self._work)

    @property
    def status(self) -> ReembedStatus | None:
        """How far it is; `None` when no other model is on its way."""
        return self._work.status if self._work else None

    @property
    def error(self) -> str:
        """What the last run failed with; empty when it went well."""
        return self._background.error if self._background else ""

    def start(self) -> None:
        """Begin, or go on with what was interrupted."""
        if self._work and self._background:
            self._work.look()
            self._background.start()

    def look(self) -> ReembedStatus | None:
        """See what is wished now."""
        if not (self._work and self._background):
            return None
        status = self._work.look()
        self._background.wake()
        return status

    def asked(self) -> None:
        """A question came in."""
        if self._work:
            self._work.asked()

    def stop(self) -> None:
        """End after the step under way, and free a model that does not serve yet."""
        if self._work and self._background:
            self._background.stop()
            self._work.close()
