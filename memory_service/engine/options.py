"""What the engine can be told at its start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.retrieval.ranking import Candidates, RankingOptions


class Floor(Protocol):
    """The cosines of unrelated texts under the model in use."""

    @property
    def mean(self) -> float:
        """Their mean."""
        ...

    @property
    def deviation(self) -> float:
        """Their standard deviation."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """The engine's settings.

    Args:
        ranking: How candidates are weighed and evidence is judged.
        worth: How likely an entry of usual length must be to be shown; see `retrieval.cut`.
        depth: Candidates of each leg, for a recall that does not say.
        rerank_depth: Leading candidates that a reranker looks at, where there is one.
        rerank_weight: Its share in their order, in (0, 1); see `retrieval.blending`.
        embed_threads: Recalls whose queries can wait for the model at once.
        recalls_at_work: Recalls that find and rank at once, while others wait for the model.
        embed_batch: Entries that get their late vectors in one go.
        finish_seconds: What is kept back of a caller's deadline for the work after embedding.
        retry_seconds: Wait before late vectors are tried again; doubled up to the next one.
        retry_seconds_most: The longest such wait.
        maintenance_seconds: Time between sweeps of what has expired, each followed by the
            backend's own upkeep.
        observe: Called with every query's candidates and how they will be ranked, by
            measurements alone.
    """

    ranking: RankingOptions
    worth: float = 0.01
    depth: int = 64
    rerank_depth: int = 20
    rerank_weight: float = 0.3
    embed_threads: int = 16
    recalls_at_work: int = 2
    embed_batch: int = 64
    finish_seconds: float = 0.01
    retry_seconds: float = 1.0
    retry_seconds_most: float = 60.0
    maintenance_seconds: float = 30.0
    observe: Callable[[Candidates, RankingOptions], None] | None = None
