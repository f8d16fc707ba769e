"""Where an answer ends."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from memory_service.model.recall import CutMode, CutReason

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FallOff:
    """Where fused values count as fallen off, as shares of the best one.

    Entries at `shoulder` or above are kept, and `reserve` more that lie at `foot` or above: a
    drop is a soft border.  On long conversations at limit 8 this returns 4.6 entries
    on average and finds 1.8 points more of the evidence than a fixed number of the same mean;
    cutting at the largest drop finds none more.
    """

    shoulder: float = 0.7
    reserve: int = 1
    foot: float = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOptions:
    """What the caller asked for; see `RecallRequest`."""

    mode: CutMode = CutMode.ADAPTIVE
    limit: int = 8
    min_k: int = 0
    min_score: float | None = None
    fall_off: FallOff = field(default_factory=FallOff)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPlace:
    """How many leading candidates are kept, and why no more."""

    keep: int
    reason: CutReason


def cut(fused: Scores, scores: Scores, options: CutOptions) -> CutPlace:
    """Decide how many candidates to keep.

    Args:
        fused: Fused values, falling.
        scores: Absolute scores in the same order, never rising.
        options: `min_k` keeps that many however low they fall, as long as there are so many;
            `min_score` overrules it.

    Returns:
        Between `min_k` and `limit` of them, fewer only where candidates run out or lie below
        `min_score`.
    """
    place = _by_rank(fused, options)
    if options.min_score is None:
        return place
    above = int(np.count_nonzero(scores >= options.min_score))
    return place if place.keep <= above else CutPlace(keep=above, reason=CutReason.MIN_SCORE)


def _by_rank(fused: Scores, options: CutOptions) -> CutPlace:
    most = min(options.limit, len(fused))
    if options.mode is CutMode.OFF:
        return CutPlace(keep=most, reason=CutReason.OFF)
    keep = min(most, max(options.min_k, _fall_off(fused, options.fall_off)))
    if keep == len(fused):
        return CutPlace(keep=keep, reason=CutReason.EXHAUSTED)
    return CutPlace(keep=keep, reason=CutReason.LIMIT if keep == most else CutReason.GAP)


def _fall_off(fused: Scores, shape: FallOff) -> int:
    if not len(fused):
        return 0
    best = fused[0]
    shoulder = int(np.count_nonzero(fused >= shape.shoulder * best))
    reserve = fused[shoulder : shoulder + shape.reserve]
    return shoulder + int(np.count_nonzero(reserve >= shape.foot * best))
