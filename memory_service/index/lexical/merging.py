"""Several segments as one, without the forgotten.

Every list of every segment is in order, and segments follow each other by ordinal.  So a merged
list is the lists one after the other, and nothing needs sorting but the terms: each posting's new
place is known from counting.  Postings are moved in blocks, which bounds memory and how long the
interpreter is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from memory_service.index.lexical.segment import Segment, code_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from memory_service.index.lexical.layer import Layer
    from memory_service.index.lexical.segment import Codes, Counts, Pairs, Places
    from memory_service.model.postings import Keys
    from memory_service.model.read import Flags, Ordinals

#: Postings moved at a time, but for a single list that is longer.
_BLOCK = 2**18


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """The postings of a merged segment from `start` on."""

    start: int
    places: Places
    codes: Codes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Source:
    """A segment on its way into another.

    For each of its terms: the place among the merged terms, how many postings are left, and where
    they go.  For each of its entries the new place, for each of its pairs the new code.
    """

    layer: Layer
    at: Counts
    counts: Counts
    targets: Counts
    renumbered: Places
    recoded: Codes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Merge:
    """A segment to be: all of it but its postings, which come in blocks."""

    keys: Keys
    starts: Places
    pairs: Pairs
    entries: Ordinals
    sources: Sequence[_Source]

    def __len__(self) -> int:
        """How many postings it has."""
        return int(self.starts[-1])

    @property
    def code_type(self) -> np.dtype[np.unsignedinteger[Any]]:
        """The type of its codes."""
        return code_type(len(self.pairs))

    def blocks(self) -> Iterator[Block]:
        """Its postings, from the first to the last."""
        starts = self.starts.astype(np.int64)
        for first, last in _cuts(starts):
            places = np.empty(starts[last] - starts[first], np.uint32)
            codes = np.empty(len(places), self.code_type)
            for source in self.sources:
                _move(source, first, last, starts[first], places, codes)
            yield Block(start=int(starts[first]), places=places, codes=codes)


def merge(layers: Sequence[Layer]) -> Merge:
    """Plan the merger of these layers, one at least, in their order; their ordinals rise."""
    keys = np.unique(np.concatenate([layer.segment.keys for layer in layers]))
    pairs = np.unique(np.concatenate([layer.segment.pairs for layer in layers]))
    at = [keys.searchsorted(layer.segment.keys) for layer in layers]
    counts = [_live_counts(layer) for layer in layers]
    total = np.zeros(len(keys), np.int64)
    for places, live in zip(at, counts, strict=True):
        total[places] += live
    kept = total > 0
    starts = np.concatenate([[0], np.cumsum(total[kept])])
    renumbering = np.maximum(np.cumsum(kept) - 1, 0)
    at = [renumbering[places] for places in at]
    return Merge(
        keys=keys[kept],
        starts=starts.astype(np.uint32),
        pairs=pairs,
        entries=np.concatenate([_live_entries(layer) for layer in layers]),
        sources=_sources(layers, at, counts, starts, pairs),
    )


def merged(layers: Sequence[Layer]) -> Segment | None:
    """These layers as one segment in memory; `None` when nothing is left of them."""
    plan = merge(layers)
    if not len(plan):
        return None
    places = np.empty(len(plan), np.uint32)
    codes = np.empty(len(plan), plan.code_type)
    for block in plan.blocks():
        places[block.start : block.start + len(block.places)] = block.places
        codes[block.start : block.start + len(block.codes)] = block.codes
    return Segment(
        keys=plan.keys,
        starts=plan.starts,
        places=places,
        codes=codes,
        pairs=plan.pairs,
        entries=plan.entries,
    )


def _sources(
    layers: Sequence[Layer],
    at: Sequence[Counts],
    counts: Sequence[Counts],
    starts: Counts,
    pairs: Pairs,
) -> list[_Source]:
    sources, cursor, before = [], starts[:-1].copy(), 0
    for layer, places, live in zip(layers, at, counts, strict=True):
        targets = cursor.take(places, mode="clip") if len(cursor) else places
        left = live > 0
        cursor[places[left]] += live[left]
        sources.append(
            _Source(
                layer=layer,
                at=places,
                counts=live,
                targets=targets,
                renumbered=_renumbered(layer, before),
                recoded=pairs.searchsorted(layer.segment.pairs).astype(code_type(len(pairs))),
            )
        )
        before += layer.entries
    return sources


def _move(source: _Source, first: int, last: int, start: int, places: Places, codes: Codes) -> None:
    """Bring a source's postings of the merged terms *first* to *last* to where they belong."""
    segment = source.layer.segment
    begin, end = source.at.searchsorted([first, last])
    here = slice(*segment.starts[[begin, end]].tolist())
    old_places, old_codes = segment.places[here], segment.codes[here]
    if source.layer.flags is not None:
        alive = ~source.layer.flags.take(old_places)
        old_places, old_codes = old_places[alive], old_codes[alive]
    counts = source.counts[begin:end]
    shifts = source.targets[begin:end] - start - (np.cumsum(counts) - counts)
    target = np.arange(len(old_places)) + np.repeat(shifts, counts)
    places[target] = source.renumbered.take(old_places)
    codes[target] = source.recoded.take(old_codes)


def _live_counts(layer: Layer) -> Counts:
    """How many postings of each term are of live entries."""
    segment = layer.segment
    starts = segment.starts.astype(np.int64)
    counts = np.diff(starts)
    if layer.flags is None:
        return counts
    for first, last in _cuts(starts):
        dead = layer.flags.take(segment.places[starts[first] : starts[last]])
        begins = starts[first:last] - starts[first]
        counts[first:last] -= np.add.reduceat(dead, begins, dtype=np.int64)
    return counts


def _live_entries(layer: Layer) -> Ordinals:
    return layer.segment.entries if layer.flags is None else layer.segment.entries[~layer.flags]


def _renumbered(layer: Layer, before: int) -> Places:
    """The new place of each entry, when *before* entries stand before the first."""
    alive: Flags = (
        np.ones(len(layer.segment.entries), np.bool_) if layer.flags is None else ~layer.flags
    )
    return (np.cumsum(alive) + (before - 1)).astype(np.uint32)


def _cuts(starts: Counts) -> Iterator[tuple[int, int]]:
    """Stretches of terms with at most a block of postings, or of one term."""
    first, terms = 0, len(starts) - 1
    while first < terms:
        last = int(starts.searchsorted(starts[first] + _BLOCK, side="right")) - 1
        last = max(last, first + 1)
        yield first, last
        first = last
