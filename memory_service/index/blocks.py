"""Checksums of a vector file by block: a saved block is compared before it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xxhash

if TYPE_CHECKING:
    from memory_service.index.halves import Halves
    from memory_service.index.places import RowNumbers

    #: XXH3-128 of each block.
    Sums = npt.NDArray[np.void]
    #: Numbers of blocks.
    BlockNumbers = npt.NDArray[np.int64]

#: Rows of a block: so few that comparing the blocks of one search takes milliseconds.
BLOCK = 64
#: How a checksum is kept.
SUM = np.dtype("V16")


def block_sum(halves: Halves) -> bytes:
    """The checksum of a block's rows."""
    return xxhash.xxh3_128_digest(halves.data)


class Blocks:
    """Which blocks of a file's first *count* rows were compared with their checksums.

    Args:
        sums: What they were when the file was saved.
        count: How many rows there were; the last block may be shorter.
    """

    def __init__(self, sums: Sums, count: int) -> None:
        self.sums = sums
        self.count = count
        self._unchecked = np.ones(len(sums), np.bool_)
        self._left = len(sums)

    @property
    def all_checked(self) -> bool:
        """Whether nothing is left to do."""
        return self._left == 0

    def unchecked(self, rows: RowNumbers) -> BlockNumbers:
        """The blocks of these rows that were not compared yet."""
        blocks = np.unique(rows // BLOCK)
        blocks = blocks[: np.searchsorted(blocks, len(self._unchecked))]
        return blocks[self._unchecked[blocks]]

    def next_unchecked(self, most: int) -> BlockNumbers:
        """At most so many of the others, the first first."""
        return np.flatnonzero(self._unchecked)[:most]

    def rows_of(self, block: int) -> slice:
        """The rows that the block's checksum is of."""
        return slice(block * BLOCK, min((block + 1) * BLOCK, self.count))

    def is_whole(self, block: int, view: Halves) -> bool:
        """Whether the block is what was saved."""
        return bool(self.sums[block].tobytes() == block_sum(view[self.rows_of(block)]))

    def note(self, blocks: BlockNumbers) -> None:
        """These were compared, or written anew."""
        self._unchecked[blocks] = False
        self._left = int(np.count_nonzero(self._unchecked))
