"""The best of all vectors, by looking at all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.index.vectors.halves import halved, widened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from memory_service.model.read import Ordinals
    from memory_service.protocols import Vector, Vectors

    Flags = npt.NDArray[np.bool_]
    #: For each query the numbers of the best, the best first.
    Best = npt.NDArray[np.int64]


def best_of(
    blocks: Iterable[Vectors], queries: Vectors, k: int, among: Mapping[str, Flags]
) -> dict[str, Best]:
    """For each of these the *k* best among the flagged vectors, as 16 bits hold them."""
    kept: dict[str, tuple[Best, npt.NDArray[np.float32]]] = {
        name: (np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32))
        for name in among
    }
    start = 0
    for vectors in blocks:
        scores = queries @ widened(halved(vectors)).T
        for name, flags in among.items():
            chosen = np.flatnonzero(flags[start : start + len(vectors)])
            numbers = np.broadcast_to(chosen + start, (len(queries), len(chosen)))
            kept[name] = _merged(kept[name], numbers, scores[:, chosen], k)
        start += len(vectors)
    return {name: numbers for name, (numbers, _) in kept.items()}


def _merged(
    kept: tuple[Best, npt.NDArray[np.float32]],
    numbers: npt.NDArray[np.int64],
    scores: npt.NDArray[np.float32],
    k: int,
) -> tuple[Best, npt.NDArray[np.float32]]:
    numbers = np.concatenate([kept[0], numbers], axis=1)
    scores = np.concatenate([kept[1], scores], axis=1)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(numbers, best, 1), np.take_along_axis(scores, best, 1)


def recall(
    search: Callable[[Vector], Ordinals], queries: Sequence[Vector] | Vectors, best: Best, k: int
) -> float:
    """The mean share of the best *k* that are among the first *k* found."""
    shares = [
        len(np.intersect1d(search(query)[:k], wanted[:k])) / max(1, min(k, len(wanted)))
        for query, wanted in zip(queries, best, strict=True)
    ]
    return float(np.mean(shares))
