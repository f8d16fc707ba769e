"""What a lexical search must answer: every entry scored, from the words themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks.lexical_engines import CONSTANTS, DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.corpus import Block
    from memory_service.model.bm25 import Matches
    from memory_service.model.read import Flags, Ordinals

    Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Oracle:
    """The occurrences of some words: of which word, in which entry, how often."""

    lengths: Numbers
    words: Numbers
    entries: Numbers
    tf: Numbers

    @classmethod
    def of(cls, blocks: Iterable[Block], words: Iterable[int]) -> Oracle:
        """Look through all blocks for these words."""
        wanted = np.unique(np.fromiter(words, np.int64))
        lengths, found = [], []
        for block in blocks:
            lengths.append(np.diff(block.starts))
            owners = np.repeat(np.arange(len(block)), lengths[-1]) + block.first
            here = np.isin(block.words, wanted)
            found.append(np.stack([block.words[here], owners[here]], axis=1))
        pairs, tf = np.unique(np.concatenate(found), axis=0, return_counts=True)
        return cls(
            lengths=np.concatenate(lengths), words=pairs[:, 0], entries=pairs[:, 1] + 1, tf=tf
        )

    def agrees(self, found: Matches, query: Sequence[int], allowed: Flags | None) -> bool:
        """Whether these are the best, in order, with their scores to nine places.

        *allowed* says by entry what a filter lets through.
        """
        scores = np.round(self._scores(query), 9)
        if allowed is not None:
            scores[1:][~allowed] = 0.0
        ordinals: Ordinals = np.lexsort((np.arange(len(scores)), -scores))[:DEPTH]
        ordinals = ordinals[scores[ordinals] > 0]
        return np.array_equal(found.ordinals, ordinals) and bool(
            np.allclose(found.scores, scores[ordinals], rtol=0, atol=1.5e-9)
        )

    def _scores(self, query: Sequence[int]) -> npt.NDArray[np.float64]:
        """By ordinal; ordinals begin with 1."""
        count = len(self.lengths)
        norms = 1 - CONSTANTS.b + CONSTANTS.b * self.lengths / self.lengths.mean()
        scores = np.zeros(count + 1)
        for word in query:
            here = slice(*self.words.searchsorted([word, word + 1]))
            entries, tf = self.entries[here], self.tf[here]
            held = len(entries)
            idf = math.log(1 + (count - held + 0.5) / (held + 0.5))
            scores[entries] += idf * tf / (tf + CONSTANTS.k1 * norms[entries - 1])
        return scores
