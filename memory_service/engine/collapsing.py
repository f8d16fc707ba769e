"""Folds what says the same among the leading candidates of a ranking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from memory_service.retrieval.duplicates import Group, fold

if TYPE_CHECKING:
    from memory_service.engine.texts import Texts
    from memory_service.model.read import Ordinals
    from memory_service.protocols import Reader
    from memory_service.retrieval.ranking import Ranking


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Collapsed:
    """A ranking in which each group has one place, its best.

    `duplicates[r]` are the ordinals folded into the entry of rank `r`, newest first, for the
    ranks that were looked at; what is below them is as it was.
    """

    ranking: Ranking
    duplicates: tuple[tuple[int, ...], ...]


def collapsed(
    reader: Reader, texts: Texts, ordinals: Ordinals, ranking: Ranking, *, window: int, folds: bool
) -> Collapsed:
    """Look at the first *window* ranks: leave out what is gone, and fold what says the same.

    Args:
        reader: Gives vectors.
        texts: Gives entries; those of the window are read.
        ordinals: Of the candidates, by row.
        ranking: Over the same rows.
        window: How many leading ranks, more than there are for all.
        folds: Whether anything is folded.
    """
    leading = ordinals[ranking.places[:window]]
    texts.read(leading.tolist())
    there = [rank for rank, each in enumerate(leading.tolist()) if texts.get(each)]
    groups = _groups(reader, texts, leading[there], folds=folds)
    shown = np.array([there[group.shown] for group in groups], dtype=np.int64)
    best = np.array([there[group.best] for group in groups], dtype=np.int64)
    below = np.arange(len(leading), len(ranking.places))
    order, kept = np.concatenate([shown, below]), np.concatenate([best, below])
    return Collapsed(
        ranking=replace(
            ranking,
            places=ranking.places[order],
            fused=ranking.fused[kept],
            scores=ranking.scores[kept],
        ),
        duplicates=tuple(
            tuple(leading[there[place]].item() for place in group.folded) for group in groups
        ),
    )


def _groups(reader: Reader, texts: Texts, ordinals: Ordinals, *, folds: bool) -> list[Group]:
    if not folds or len(ordinals) < 2:
        return [Group(shown=place, best=place) for place in range(len(ordinals))]
    entries = [found.entry for each in ordinals.tolist() if (found := texts.get(each))]
    return fold(entries, reader.vectors(ordinals))
