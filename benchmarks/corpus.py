"""Texts in any number from a seed, with the vocabulary curve of natural language.

200,000 words by Zipf's law (exponent 1.05).  The 100 most frequent are left out: they stand for
the words that say nothing.  An entry has some 20 words, its length spread as lengths of turns are
(log-normal).  Beside them stand three words of the subject that all entries share, in 40, 15 and
8 % of them: what makes a query of a narrow domain expensive.

Entries come in blocks, each made from (seed, block) alone, so that any of them can be had without
those before, and a million of them never need to be in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

    Words = npt.NDArray[np.int64]

#: Entries made at a time.
BLOCK = 10_000
#: How many entries hold each of the words of the subject.
SUBJECT = (0.40, 0.15, 0.08)

_WORDS = 200_000
_UNHEARD = 100
_EXPONENT = 1.05
_MEAN_LENGTH = 20
_SPREAD = 0.5
_LONGEST = 120
_ONSETS = [
    "b",
    "d",
    "f",
    "g",
    "k",
    "m",
    "n",
    "p",
    "r",
    "t",
    "v",
    "z",
    "br",
    "dr",
    "fr",
    "gr",
    "kr",
    "pr",
    "tr",
    "st",
    "sk",
]
_NUCLEI = ["a", "o", "u", "ai", "au"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Entries as words by number: those of entry *i* are `words[starts[i]:starts[i + 1]]`."""

    first: int
    words: Words
    starts: Words

    def __len__(self) -> int:
        """How many entries it has."""
        return len(self.starts) - 1

    def entry(self, place: int) -> Words:
        """The words of an entry."""
        return self.words[self.starts[place] : self.starts[place + 1]]


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Entries without end; the same for the same seed."""

    seed: int = 0

    @cached_property
    def vocabulary(self) -> list[str]:
        """The words by number, made of syllables; the last three are those of the subject."""
        syllables = [onset + nucleus for onset in _ONSETS for nucleus in _NUCLEI]
        count = len(syllables)
        shuffled = np.random.default_rng(self.seed).permutation(count**3)[: _WORDS + len(SUBJECT)]
        return [
            syllables[n // count**2] + syllables[n // count % count] + syllables[n % count] + "n"
            for n in shuffled.tolist()
        ]

    @cached_property
    def _shares(self) -> npt.NDArray[np.float64]:
        """The share of words up to each number."""
        ranks = np.arange(_UNHEARD + 1, _WORDS + 1, dtype=np.float64)
        shares = np.cumsum(ranks**-_EXPONENT)
        return np.asarray(shares / shares[-1])

    def blocks(self, entries: int) -> Iterator[Block]:
        """The first *entries*."""
        for number in range(-(-entries // BLOCK)):
            yield self.block(number, min(BLOCK, entries - number * BLOCK))

    def block(self, number: int, entries: int = BLOCK) -> Block:
        """A block, or its first *entries*."""
        rng = np.random.default_rng([self.seed, 1, number])
        drawn = np.exp(rng.normal(np.log(_MEAN_LENGTH) - _SPREAD**2 / 2, _SPREAD, BLOCK))
        lengths = np.clip(np.round(drawn), 3, _LONGEST).astype(np.int64)
        owners = np.repeat(np.arange(BLOCK), lengths)
        words = np.searchsorted(self._shares, rng.random(len(owners)))
        for place, share in enumerate(SUBJECT):
            holders = np.flatnonzero(rng.random(BLOCK) < share)
            owners = np.concatenate([owners, holders])
            words = np.concatenate([words, np.full(len(holders), _WORDS + place)])
        order = np.argsort(owners, kind="stable")
        starts = np.searchsorted(owners[order], np.arange(entries + 1))
        kept = order[: starts[-1]]
        return Block(first=number * BLOCK, words=words[kept], starts=starts)

    def texts(self, block: Block) -> list[str]:
        """The entries of a block as texts."""
        return [
            " ".join(map(self.vocabulary.__getitem__, block.entry(place).tolist()))
            for place in range(len(block))
        ]

    def queries(self, count: int, *, entries: int, heavy: bool) -> list[list[int]]:
        """Queries of 5 to 12 distinct words, each of words drawn from the first *entries*.

        Words of one entry may meet in one query, as they do when somebody asks for it: half of
        the words are of one entry, the others of any.  A heavy one also names the word that 40 %
        of the entries hold, every second of these the one of 15 % as well.
        """
        rng = np.random.default_rng([self.seed, 2, entries, heavy])
        return [self._query(rng, entries, heavy, number) for number in range(count)]

    def _query(self, rng: np.random.Generator, entries: int, heavy: bool, number: int) -> list[int]:
        blocks = -(-entries // BLOCK)
        place = int(rng.integers(0, blocks))
        block = self.block(place, min(BLOCK, entries - place * BLOCK))
        words = int(rng.integers(5, 13))
        chosen = rng.integers(0, len(block), words)
        chosen[: words // 2] = chosen[0]
        drawn = [int(rng.choice(block.entry(entry))) for entry in chosen.tolist()]
        named = [_WORDS, _WORDS + 1][: 1 + number % 2] if heavy else []
        return list(dict.fromkeys(drawn + named))
