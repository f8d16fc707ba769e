"""Folds what says the same among the leading candidates of a ranking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from memory_service.retrieval.duplicates import Group, fold, suspects

if TYPE_CHECKING:
    from memory_service.engine.texts import Texts
    from memory_service.model.read import Ordinals
    from memory_service.protocols import Vectors
    from memory_service.retrieval.ranking import Ranking


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Collapsed:
    """A ranking in which each group has one place, its best.

    No two entries of the first `safe` ranks say the same, and all of them were read.
    `duplicates` are the ordinals folded into the entry of each of these ranks, newest first.
    """

    ranking: Ranking
    safe: int
    duplicates: tuple[tuple[int, ...], ...]


class Collapsing:
    """Leaves out what is gone, and folds what says the same.

    Args:
        texts: Gives entries.
        ordinals: Of the candidates by rank.
        ranking: In the same order.
        vectors: Of the candidates by row, as `Reader.vectors` gives them; nothing is folded if
            `None`.
    """

    def __init__(
        self, texts: Texts, ordinals: Ordinals, ranking: Ranking, *, vectors: Vectors | None
    ) -> None:
        self._texts = texts
        self._ordinals = ordinals
        self._ranking = ranking
        self._vectors = vectors

    def looked_at(self, window: int) -> Ordinals:
        """The ranks to be read for the first *window* to be judged, rising.

        Further ones among them may say the same as one of those: they are close to it, or tie
        with the last.
        """
        window = min(window, len(self._ordinals))
        if self._vectors is None or not window:
            return np.arange(window)
        fused = self._ranking.fused
        window = int(np.count_nonzero(fused >= fused[window - 1]))
        close = suspects(self._vectors, self._ranking.places[:window])
        further = np.flatnonzero(close[self._ranking.places[window:]])
        return np.concatenate([np.arange(window), window + further])

    def collapsed(self, ranks: Ordinals, window: int) -> Collapsed:
        """The ranking with *ranks*, those of `looked_at(window)`, folded; their texts are read."""
        there = [rank for rank in ranks.tolist() if self._texts.get(self._ordinals[rank].item())]
        groups = {there[group.best]: group for group in self._groups(there)}
        unread = np.ones(len(self._ordinals), dtype=np.bool_)
        unread[ranks] = False
        kept = np.sort(np.concatenate([np.flatnonzero(unread), np.array([*groups], np.int64)]))
        shown = [there[groups[rank].shown] if rank in groups else rank for rank in kept.tolist()]
        safe = int(np.count_nonzero(kept < window))
        folded = [groups[rank].folded for rank in kept[:safe].tolist()]
        return Collapsed(
            ranking=replace(
                self._ranking,
                places=self._ranking.places[shown],
                fused=self._ranking.fused[kept],
                likely=self._ranking.likely[kept],
                costs=self._ranking.costs[shown],
                parts={name: part[kept] for name, part in self._ranking.parts.items()},
            ),
            safe=safe,
            duplicates=tuple(
                tuple(self._ordinals[there[place]].item() for place in some) for some in folded
            ),
        )

    def _groups(self, ranks: list[int]) -> list[Group]:
        """The groups of these ranks, as places in the list."""
        if self._vectors is None:
            return [Group(shown=place, best=place) for place in range(len(ranks))]
        found = [self._texts.get(self._ordinals[rank].item()) for rank in ranks]
        return fold([one.entry for one in found if one], self._vectors[self._ranking.places[ranks]])
