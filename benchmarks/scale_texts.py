"""Texts by number, as many as are wanted: those of given sets first, then those of `corpus`.

A question takes five to twelve words of one entry, as a caller asks for what is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.corpus import BLOCK, Corpus
from benchmarks.datasets import read_sets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCKS_KEPT = 128
_FEWEST, _MOST = 5, 12
#: Beside those of the corpus, so that questions are not drawn as entries are.
_QUESTIONS = 3


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

    def questions(self, *, over: int, seed: int) -> Iterator[str]:
        """Questions to the first *over* entries without end, no two alike.

        Those of another *seed* are others.
        """
        chance = np.random.default_rng([self.corpus.seed, _QUESTIONS, seed])
        seen: set[str] = set()
        while True:
            number = int(chance.integers(over))
            words = self.entries(number, number + 1)[0].split()
            wanted = min(len(words), int(chance.integers(_FEWEST, _MOST + 1)))
            text = " ".join(chance.choice(words, wanted, replace=False))
            if text not in seen:
                seen.add(text)
                yield text


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
