"""Picks entries of a namespace by where they stand, without looking at all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory_service.model.read import Ordinals
    from memory_service.store.catalogue.columns import Columns

_FIRST_BLOCK = 256


def sample(columns: Columns, count: int, now: int) -> Ordinals:
    """At most *count* live ordinals, evenly spread over all, the same for the same entries."""
    hidden = columns.hidden(now)
    live = len(columns) - len(hidden)
    ranks = np.arange(min(count, live))
    if live > count:
        ranks = ranks * live // count
    # As many rows are hidden before a live one as have fewer live rows than it before them.
    before = hidden - np.arange(len(hidden))
    return columns.ordinals_at(ranks + before.searchsorted(ranks, "right"))


def newest(columns: Columns) -> Iterator[Ordinals]:
    """All ordinals from the last written on, also of what is gone, in blocks that grow."""
    stop, block = len(columns), _FIRST_BLOCK
    while stop > 0:
        start = max(stop - block, 0)
        yield columns.ordinals_at(np.arange(stop - 1, start - 1, -1))
        stop, block = start, block * 4
