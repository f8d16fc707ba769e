"""Texts that lie in several places, chosen and put in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from memory_service.model.read import Ordinals
    from memory_service.store.catalogue.texts import Bytes, Keys, Texts

_BLOCK = 1 << 15


class TextParts:
    """Texts counted over all parts, and the keys they are found by."""

    def __init__(self, parts: Sequence[Texts], keys: Keys) -> None:
        self._parts = parts
        self.keys = keys
        self._starts = np.concatenate([part.starts[:-1] for part in parts])
        self._lengths = np.concatenate([np.diff(part.starts) for part in parts])

    def starts_of(self, order: Ordinals) -> Ordinals:
        """Where these start once they lie one after the other, and where the last ends."""
        starts = np.zeros(len(order) + 1, np.int64)
        np.cumsum(self._lengths[order], out=starts[1:])
        return starts

    def blocks(self, order: Ordinals) -> Iterator[Bytes]:
        """These, one after the other."""
        for start in range(0, len(order), _BLOCK):
            yield self._block(order[start : start + _BLOCK])

    def _block(self, places: Ordinals) -> Bytes:
        starts = self.starts_of(places)
        block, first = np.empty(int(starts[-1]), np.uint8), 0
        for part in self._parts:
            here = (places >= first) & (places < first + len(part))
            chosen = places[here]
            target = _spread(starts[:-1][here], self._lengths[chosen])
            block[target] = part.data[_spread(self._starts[chosen], self._lengths[chosen])]
            first += len(part)
        return block


def _spread(starts: Ordinals, lengths: Ordinals) -> Ordinals:
    """The numbers from each start on, so many, one after the other."""
    ends = np.cumsum(lengths)
    spread: Ordinals = np.repeat(starts - (ends - lengths), lengths)
    return spread + np.arange(len(spread))
