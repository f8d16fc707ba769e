"""Texts by number, as many as are wanted: those of given sets first, then those of `corpus`.

A question takes five to twelve words of one entry, as a caller asks for what is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from benchmarks.corpus import BLOCK, Corpus
from benchmarks.datasets import read_sets

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

_BLOCKS_KEPT = 128
_FEWEST, _MOST = 5, 12


@dataclass(frozen=True, slots=True)
class ScaleTexts:
    """Texts of entries and questions.

    Args:
        corpus: Draws the texts.
        leading: The first entries' texts.
    """

    corpus: Corpus
    leading: tuple[str, ...] = ()

    def entries(self, start: int, stop: int) -> list[str]:
        """The texts of the entries *start* to *stop* (exclusive), whatever else is asked for."""
        found = list(self.leading[start:stop])
        for number in range(max(start, len(self.leading)), stop):
            block, place = divmod(number - len(self.leading), BLOCK)
            found.append(_block(self.corpus, block)[place])
        return found

    def question(self, number: int, chance: np.random.Generator) -> str:
        """A question to the entry of this number, drawn by *chance*."""
        words = self.entries(number, number + 1)[0].split()
        wanted = min(len(words), int(chance.integers(_FEWEST, _MOST + 1)))
        return " ".join(chance.choice(words, wanted, replace=False))


def scale_texts(*, seed: int, data: Path | None) -> ScaleTexts:
    """Texts that begin with those of the sets under *data*, where it is given.

    Raises:
        InvalidInputError: If there is no set.
        MalformedLineError: If a line of a set is not what the layout says.
    """
    sets = read_sets(data) if data else []
    texts = dict.fromkeys(placed.draft.text for one in sets for placed in one.entries)
    return ScaleTexts(corpus=Corpus(seed=seed), leading=tuple(texts))


@lru_cache(maxsize=_BLOCKS_KEPT)
def _block(corpus: Corpus, number: int) -> list[str]:
    return corpus.texts(corpus.block(number))
