"""One ranking out of two legs.

Convex combination of min-max scores, `w * mm(cosine) + (1 - w) * mm(bm25)`, over the union of
both legs' candidates, each scored exactly on both (Bruch, Gai, Ingber, arXiv 2210.11834 §4).
A fused value orders one answer and means nothing outside it: rank 1 looks the same for any query.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionOptions:
    """How much the dense leg counts, in [0, 1].

    The default is the middle of a plateau (0.35 to 0.45) on long conversations with a small
    model; `docs/adr/0008` has the figures.  `other_scripts_weight` holds for queries that are
    mostly not in the Latin script: a model trained on English has no reading of them.  A
    multilingual model deserves the full weight.
    """

    dense_weight: float = 0.4
    other_scripts_weight: float = 0.1


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


def fuse(cosines: Scores | None, bm25: Scores | None, *, dense_weight: float) -> Scores:
    """The fused value of every candidate, in [0, 1].

    A leg that is missing (`None`) contributes nothing, and the other has all the weight.  So
    it is when no candidate holds a word of the query: the lexical leg then has no opinion.

    Raises:
        ValueError: If both legs are missing.
    """
    if cosines is None and bm25 is None:
        raise ValueError("one leg at least must be there")
    if cosines is None:
        return min_max(np.asarray(bm25))
    if bm25 is None or not bm25.any():
        return min_max(cosines)
    return dense_weight * min_max(cosines) + (1.0 - dense_weight) * min_max(bm25)


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
    by_id = np.argsort(np.asarray(ids, dtype=object), kind="stable")
    return by_id[np.argsort(-fused[by_id], kind="stable")]
