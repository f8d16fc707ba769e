"""The model that is to serve: who says so, and what it brings along."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.engine.options import Floor
    from memory_service.engine.requests import ModelStatus
    from memory_service.protocols import Embedder, Reembedding
    from memory_service.retrieval.ranking import RankingOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model with all that a recall needs of it.

    `patient` is the same model for what can wait; `asked` tells it that questions come in, though
    not to it, so that it makes room for them.
    """

    embedder: Embedder
    patient: Embedder
    status: ModelStatus
    floor: Floor | None
    ranking: RankingOptions
    asked: Callable[[], None]


class NextModels(Protocol):
    """What the one who runs the service wishes; never a caller of it."""

    def wanted(self) -> str:
        """Which model is to serve; empty where there is no wish."""
        ...

    def load(self, name: str) -> LoadedModel:
        """Load it; takes seconds.

        Raises:
            ConfigurationError: If it cannot be had or may not be loaded.
            UnavailableError: If it cannot be run now.
        """
        ...

    def fulfilled(self, name: str) -> None:
        """It serves now; the wish is over, unless another one came meanwhile."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AnotherModel:
    """How another model comes to serve a store: what gathers its vectors, and who wishes it."""

    reembedding: Reembedding
    wishes: NextModels


class ReembedState(StrEnum):
    """How far it is.  `REFUSED`: the model cannot be loaded, and is tried again at the next wish.

    `WAITING`: the last try failed, and another one follows.
    """

    LOADING = "loading"
    EMBEDDING = "embedding"
    WAITING = "waiting"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReembedStatus:
    """Another model on its way: how many of the store's entries have its vectors.

    `detail` says why it goes no further, if it does not; empty otherwise.
    """

    model: str
    state: ReembedState
    done: int
    total: int
    detail: str = ""
