"""The column of tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from memory_service.model.filters import Operator
from memory_service.store.filtering.columns import existing
from memory_service.store.filtering.run import Run
from memory_service.store.filtering.words import TextColumn, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from memory_service.model.entry import Entry
    from memory_service.model.filters import Compare
    from memory_service.model.read import Flags

    TagRows = npt.NDArray[np.int32]

#: So many tags at least are not numbered in sixteen bits.
_SHORT = 1 << 16


class SealedTags:
    """The rows of every tag, as they were read."""

    def __init__(self, tags: pa.Array, codes: npt.NDArray[np.int32], rows: TagRows) -> None:
        """Begin with distinct tags, and of each use its tag's place and its row, which rise."""
        self._words = Words(tags)
        # Sixteen bits are sorted digit by digit, which is several times faster.
        order = np.argsort(codes.astype(np.uint16) if len(tags) < _SHORT else codes, kind="stable")
        self._rows = rows[order]
        self._starts = np.searchsorted(codes[order], np.arange(len(tags) + 1, dtype=np.int32))
        self.tagged = _marked(rows, int(rows[-1]) + 1 if len(rows) else 0)

    @property
    def nbytes(self) -> int:
        """Bytes held, more or less."""
        return self._words.nbytes + self._rows.nbytes + self._starts.nbytes + self.tagged.nbytes

    def rows(self, tags: Sequence[str], start: int, stop: int) -> Iterator[TagRows]:
        """For each of the tags that there are, which of those rows have it."""
        bounds = np.array([start, stop], np.int32)
        for code in self._words.codes_of(tags):
            rows = self._rows[self._starts[code] : self._starts[code + 1]]
            first, last = np.searchsorted(rows, bounds)
            yield rows[first:last]


class TagColumn:
    """The tags: what was read by tag, and what came since by row."""

    def __init__(self, sealed: SealedTags, count: int) -> None:
        """Begin with so many rows, the tags of which are in *sealed*."""
        self._sealed = sealed
        self._first = count
        self._count = count
        self._tags = TextColumn(np.empty(0, np.int32), pa.array([], pa.string()))
        self._rows = Run(np.empty(0, np.int32))

    @property
    def nbytes(self) -> int:
        """Bytes held, more or less."""
        return self._sealed.nbytes + self._tags.nbytes + self._rows.nbytes

    def extend(self, entries: Sequence[Entry]) -> None:
        """Append a row for each."""
        for row, entry in enumerate(entries, self._count):
            self._tags.extend(entry.draft.tags)
            self._rows.extend([row] * len(entry.draft.tags))
        self._count += len(entries)

    def compare(self, compare: Compare, start: int, stop: int) -> Flags:
        """Which of the rows from *start* to *stop* pass."""
        if compare.operator is Operator.EXISTS:
            return existing(self._tagged(start, stop), compare)
        values = [str(value) for value in compare.values]
        if compare.operator is Operator.ANY:
            return self._with_one_of(values, start, stop)
        found = np.ones(stop - start, np.bool_)
        for value in values:
            found &= self._with_one_of([value], start, stop)
        return found

    def _tagged(self, start: int, stop: int) -> Flags:
        found = np.zeros(stop - start, np.bool_)
        sealed = self._sealed.tagged[start:stop]
        found[: len(sealed)] = sealed
        rows, _, _ = self._since(start, stop)
        found[rows] = True
        return found

    def _with_one_of(self, tags: Sequence[str], start: int, stop: int) -> Flags:
        found = np.zeros(stop - start, np.bool_)
        if start < self._first:
            for rows in self._sealed.rows(tags, start, stop):
                found[rows - np.int32(start)] = True
        rows, first, last = self._since(start, stop)
        found[rows[self._tags.equal(tags, first, last)]] = True
        return found

    def _since(self, start: int, stop: int) -> tuple[TagRows, int, int]:
        """Whose the tags are that came since, counted from *start*, and which of them they are."""
        rows = self._rows.part(0, len(self._rows))
        first, last = np.searchsorted(rows, np.array([start, stop], np.int32)).tolist()
        return rows[first:last] - np.int32(start), first, last


def _marked(rows: TagRows, count: int) -> Flags:
    found = np.zeros(count, np.bool_)
    found[rows] = True
    return found
