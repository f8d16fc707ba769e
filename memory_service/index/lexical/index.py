"""The index as a whole: one writer, any number of readers, merges beside them.

A reader takes `state` once.  `add` and `forget` come from the writer alone and put in its place a
state that shares almost everything with the one before.  What is added stands at the end: small
segments in memory, merged as they come while that is cheap.  `settle` writes what has gathered to
a file, together with older segments that have become small beside it; it may run in any thread,
one at a time, and holds the writer up only while it swaps its result in.

An older segment has at least four times the postings of all newer ones together, so there are few
of them, and a posting is rewritten a few times in its life.  Postings of forgotten entries leave
their segment the next time it is rewritten: when newer ones have reached a fourth of it, or at
the latest when a fifth of its own entries is forgotten.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from memory_service.index.lexical.layer import Layer
from memory_service.index.lexical.merging import merge, merged
from memory_service.index.lexical.scratch import Scratch
from memory_service.index.lexical.search import Search, SearchLimits
from memory_service.index.lexical.segment import MOST_POSTINGS, build
from memory_service.index.lexical.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.index.lexical.files import Files
    from memory_service.model.bm25 import Scoring
    from memory_service.model.postings import Keys, PostingRows
    from memory_service.model.read import Ordinals, Scores

    #: Layers from one to before another.
    Stretch = tuple[int, int]

#: From how many postings on what is in memory is written to a file.
SETTLED = 400_000
#: Up to how many the writer itself merges.
_AT_ONCE = 2**16
_RATIO = 4
DEFAULT_LIMITS = SearchLimits()
_DEAD_SHARE = 0.2


class LexicalIndex:
    """Postings of all namespaces; see the module.

    Args:
        files: Where segments are kept.
        settled: From how many postings in memory `settle` writes them, unless told to.
        limits: How searches go about it.
    """

    def __init__(
        self, files: Files, *, settled: int = SETTLED, limits: SearchLimits = DEFAULT_LIMITS
    ) -> None:
        """Take up what *files* hold."""
        self._files = files
        self._limits = limits
        self._settled = settled
        self._scratch = Scratch()
        self._state = State(
            layers=tuple(Layer(segment=segment) for segment in files.segments),
            watermark=files.watermark,
        )
        self._swap = threading.Lock()
        self._settling = threading.Lock()
        #: So many layers the writer leaves alone: they are written, or being merged.
        self._fixed = len(files.segments)

    @property
    def state(self) -> State:
        """What there is now."""
        return self._state

    def search(self, keys: Keys, counts: Scores, scoring: Scoring) -> Search:
        """A query over what there is now; see `Search`."""
        return Search(
            self._state, keys, counts, scoring, scratch=self._scratch, limits=self._limits
        )

    def add(self, rows: PostingRows, watermark: int) -> None:
        """Take in postings of new entries, whose ordinals are above all before.

        Args:
            rows: The postings; none if an entry had no terms.
            watermark: The last change that has now been taken in.
        """
        with self._swap:
            state = replace(self._state, watermark=watermark)
            if len(rows):
                state = self._appended(state, Layer(segment=build(rows)))
            self._state = state

    def forget(self, ordinals: Ordinals) -> None:
        """Take these (rising) out; unknown ones are ignored."""
        with self._swap:
            self._state = self._state.without(ordinals)

    def keep_only(self, ordinals: Ordinals) -> None:
        """Take out all but these (rising)."""
        with self._swap:
            layers = (layer.only(ordinals) for layer in self._state.layers)
            self._state = replace(self._state, layers=tuple(layers))

    def _appended(self, state: State, new: Layer) -> State:
        """With a new layer at the end, merged with those before it as far as that is cheap."""
        first, size = len(state.layers), len(new.segment)
        while first > self._fixed:
            before = len(state.layers[first - 1].segment)
            if before >= _RATIO * size or before + size > _AT_ONCE:
                break
            first, size = first - 1, before + size
        segment = new.segment
        if first < len(state.layers):
            segment = merged([*state.layers[first:], new]) or segment
        return replace(state, layers=(*state.layers[:first], Layer(segment=segment)))

    @property
    def due(self) -> bool:
        """Whether there is something to settle."""
        return _next(self._state, self._settled) is not None

    def settle(self, *, whole: bool = False) -> None:
        """Write and merge what is due; with *whole*, first write all that is in memory alone.

        Raises:
            StorageError: If a file cannot be written; the index goes on as it was.
        """
        with self._settling:
            if whole:
                self._rewrite(_unwritten)
            while self._rewrite(lambda state: _next(state, self._settled)):
                pass

    def _rewrite(self, choose: Callable[[State], Stretch | None]) -> bool:
        """Put one file in the place of the layers that *choose* names; false if it names none."""
        with self._swap:
            before = self._state
            stretch = choose(before)
            if stretch is None:
                return False
            first, last = stretch
            self._fixed = max(last, _written(before))
        try:
            segment = self._files.write(merge(before.layers[first:last]))
            with self._swap:
                self._state = self._state.replaced(first, last, segment)
        finally:
            with self._swap:
                self._fixed = _written(self._state)
        whole = last == len(before.layers)
        self._files.publish(
            [layer.segment for layer in self._state.layers[: self._fixed]],
            before.watermark if whole else self._files.watermark,
        )
        return True


def _written(state: State) -> int:
    """How many layers there are before the first that is in memory alone."""
    written = [bool(layer.segment.file) for layer in state.layers]
    return written.index(False) if False in written else len(written)


def _unwritten(state: State) -> Stretch | None:
    """The layers that are in memory alone."""
    first, last = _written(state), len(state.layers)
    return (first, last) if first < last else None


def _next(state: State, settled: int) -> Stretch | None:
    """The next layers that should become one file."""
    sizes = [len(layer.segment) for layer in state.layers]
    written = _written(state)
    if sum(sizes[written:]) >= settled:
        return _with_smaller(sizes, written, len(sizes)), len(sizes)
    first = _with_smaller(sizes, max(written - 1, 0), written)
    if first < written - 1:
        return first, written
    for place, layer in enumerate(state.layers[:written]):
        if len(layer.dead) > _DEAD_SHARE * len(layer.segment.entries):
            return place, place + 1
    return None


def _with_smaller(sizes: list[int], first: int, last: int) -> int:
    """Where a merger begins that takes in what is small beside it."""
    size = sum(sizes[first:last])
    while first and sizes[first - 1] < min(_RATIO * size, MOST_POSTINGS - size):
        first -= 1
        size += sizes[first]
    return first
