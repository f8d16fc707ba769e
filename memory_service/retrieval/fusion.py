"""What makes two legs comparable: one scale, one order, one script."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Scores = npt.NDArray[np.float64]


def min_max(scores: Scores) -> Scores:
    """*scores* stretched to [0, 1], shape kept.

    NaN (no score) counts as the minimum.  A leg of one value only, NaN aside, gives 1
    wherever it has a score: nobody is below the best.  Empty gives empty.
    """
    known = np.isfinite(scores)
    if not known.any():
        return np.zeros_like(scores)
    low, high = scores[known].min(), scores[known].max()
    spread = high - low
    if spread == 0.0:
        return known.astype(np.float64)
    return np.where(known, (scores - low) / spread, 0.0)


def mostly_latin(text: str) -> bool:
    """Whether at least half of the letters of *text* are Latin; true when it has no letters.

    A letter is Latin when its Unicode name says so; accents and full-width forms count.
    """
    if text.isascii():
        return True
    letters = [char for char in unicodedata.normalize("NFKC", text) if char.isalpha()]
    latin = sum(unicodedata.name(char, "").startswith("LATIN") for char in letters)
    return 2 * latin >= len(letters)


def order(fused: Scores, ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Places of the candidates by falling fused value, ties by id."""
    places = np.argsort(-fused, kind="stable")
    ranked = fused[places]
    breaks = np.flatnonzero(ranked[1:] != ranked[:-1]) + 1
    if len(breaks) + 1 < len(places):
        # Ids are dear to get, and most rankings have no ties.
        for start, stop in pairwise([0, *breaks.tolist(), len(places)]):
            places[start:stop] = sorted(places[start:stop].tolist(), key=ids.__getitem__)
    return places
