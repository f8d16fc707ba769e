"""A segment as one file: its arrays one after the other, each at a multiple of 64 bytes."""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.index.lexical.segment import Segment, code_type

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

    from memory_service.index.lexical.manifest import SegmentSeal
    from memory_service.index.lexical.merging import Merge

_ALIGNMENT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where each array begins, and where the file ends; all arrays are little endian."""

    types: tuple[np.dtype[np.generic], ...]
    counts: tuple[int, ...]
    begins: tuple[int, ...]
    size: int

    @classmethod
    def of(cls, *, keys: int, postings: int, pairs: int, entries: int) -> Layout:
        """The layout of a segment with arrays of these lengths."""
        types: tuple[np.dtype[np.generic], ...] = (
            np.dtype("<u8"),
            np.dtype("<u4"),
            np.dtype("<u4"),
            code_type(pairs),
            np.dtype("<u8"),
            np.dtype("<i8"),
        )
        counts = (keys, keys + 1, postings, postings, pairs, entries)
        sizes = [_padded(t.itemsize * count) for t, count in zip(types, counts, strict=True)]
        *begins, size = accumulate(sizes, initial=0)
        return cls(types=types, counts=counts, begins=tuple(begins), size=size)


def write_segment(file: Path, plan: Merge) -> None:
    """Write a merged segment, synced.

    By `write`, not into a mapping: a full disk is an error there, here it would kill the process.
    """
    layout = _layout_of(plan)
    with file.open("wb", buffering=0) as stream:
        stream.truncate(layout.size)
        for place, values in ((0, plan.keys), (1, plan.starts), (4, plan.pairs), (5, plan.entries)):
            _put(stream, layout, place, 0, values)
        for block in plan.blocks():
            _put(stream, layout, 2, block.start, block.places)
            _put(stream, layout, 3, block.start, block.codes)
        os.fsync(stream.fileno())


def map_segment(file: Path, seal: SegmentSeal) -> Segment:
    """The segment of a file that is as it was sealed."""
    layout = Layout.of(
        keys=seal.keys, postings=seal.postings, pairs=seal.pairs, entries=seal.entries
    )
    with file.open("rb") as stream:
        mapping = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = [
        np.frombuffer(mapping, kind, count, begin)
        for kind, count, begin in zip(layout.types, layout.counts, layout.begins, strict=True)
    ]
    keys, starts, places, codes, pairs, entries = arrays
    return Segment(
        keys=keys.view(np.uint64),
        starts=starts.view(np.uint32),
        places=places.view(np.uint32),
        codes=codes.view(code_type(seal.pairs)),
        pairs=pairs.view(np.uint64),
        entries=entries.view(np.int64),
        file=file.name,
    )


def _layout_of(plan: Merge) -> Layout:
    return Layout.of(
        keys=len(plan.keys), postings=len(plan), pairs=len(plan.pairs), entries=len(plan.entries)
    )


def _put(
    stream: FileIO, layout: Layout, place: int, start: int, values: npt.NDArray[np.generic]
) -> None:
    """Write values of an array from the element *start* on."""
    kind = layout.types[place]
    stream.seek(layout.begins[place] + start * kind.itemsize)
    rest = np.ascontiguousarray(values, kind).view(np.uint8).data
    while rest:
        rest = rest[stream.write(rest) :]


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
