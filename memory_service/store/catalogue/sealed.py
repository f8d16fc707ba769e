"""The entries of all namespaces as they were at one change, in arrays.

Rows lie by namespace, then by ordinal.  The arrays may be a file that is mapped, so they take no
memory of their own; `rows` alone can be written, for what happens to an entry afterwards, and
what is written there never reaches the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from memory_service.store.catalogue.row import HASHES, NONE, ROW
from memory_service.store.catalogue.texts import Index, Names, Texts, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from memory_service.model.read import Ordinals
    from memory_service.store.catalogue.row import Rows

    Array = npt.NDArray[Any]

_WHOLE, _PLACE, _KEY, _BYTE = (np.dtype(kind) for kind in (np.int64, np.int32, np.uint64, np.uint8))

#: Odd, so that namespaces spread over all keys.
_SPREAD = 0x9E37_79B9_7F4A_7C15

#: Every array there is, by name.
ARRAYS: Mapping[str, np.dtype[Any]] = (
    {
        "rows": ROW,
        "hashes": HASHES,
        "ordinals": _WHOLE,
        "numbers": _WHOLE,
        "starts": _WHOLE,
        "terms": _WHOLE,
        "waiting_counts": _WHOLE,
        "expiring_starts": _WHOLE,
        "expiring_at": _WHOLE,
        "expiring": _PLACE,
        "waiting": _PLACE,
        "session_starts": _WHOLE,
        "session_rows": _PLACE,
    }
    | {
        f"{name}.{part}": kind
        for name in ("ids", "sessions", "speakers")
        for part, kind in (
            ("starts", _WHOLE),
            ("data", _BYTE),
            ("keys", _KEY),
            ("places", _PLACE),
        )
    }
    | {"content.keys": _KEY, "content.places": _PLACE}
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sealed:
    """See above.

    Args:
        numbers: The namespaces that hold something, rising.
        starts: Where the rows of each begin, and where the last ends.
        terms: How many terms the entries of each have.
        waiting_counts: How many of each wait for their vectors.
        ordinals: By row.
        rows: By row; their links count from the first row of their namespace.
        hashes: By row.
        ids: Ids by row, and rows by id.
        content: Rows by content hash.
        sessions: Names of sessions.
        session_starts: Where each begins in `session_rows`, and where the last ends.
        session_rows: Rows in the order of their sessions, counted in their namespace.
        speakers: Names of speakers.
        expiring_starts: Where the rows of each namespace begin in `expiring`.
        expiring: Rows that expire, counted in their namespace, by namespace and by when.
        expiring_at: When.
        waiting: Rows without vectors, by ordinal.
    """

    numbers: Ordinals
    starts: Ordinals
    terms: Ordinals
    waiting_counts: Ordinals
    ordinals: Ordinals
    rows: Rows
    hashes: Rows
    ids: Names
    content: Index
    sessions: Names
    session_starts: Ordinals
    session_rows: npt.NDArray[np.int32]
    speakers: Names
    expiring_starts: Ordinals
    expiring: npt.NDArray[np.int32]
    expiring_at: Ordinals
    waiting: npt.NDArray[np.int32]

    @classmethod
    def of(cls, arrays: Mapping[str, Array]) -> Self:
        """Made of all `ARRAYS`."""
        plain: dict[str, Any] = {name: array for name, array in arrays.items() if "." not in name}
        return cls(
            **plain,
            content=Index(keys=arrays["content.keys"], places=arrays["content.places"]),
            ids=_names(arrays, "ids"),
            sessions=_names(arrays, "sessions"),
            speakers=_names(arrays, "speakers"),
        )

    @classmethod
    def empty(cls) -> Self:
        """Nothing at all."""
        arrays = {name: np.empty(0, kind) for name, kind in ARRAYS.items()}
        ends = [name for name in ARRAYS if name.endswith("starts")]
        return cls.of(arrays | {name: np.zeros(1, np.int64) for name in ends})

    def __len__(self) -> int:
        return len(self.ordinals)

    def place(self, number: int) -> int | None:
        """Where a namespace stands in `numbers`."""
        place = int(self.numbers.searchsorted(number))
        there = place < len(self.numbers) and self.numbers[place] == number
        return place if there else None

    def row_of(self, number: int, id: str, *, start: int, stop: int) -> int:
        """The row of a namespace's id; -1 if there is none between *start* and *stop*."""
        data = id.encode()
        for row in self.ids.index.find(key_of(number, data)):
            if start <= row < stop and self.ids.texts.at(row) == id:
                return row
        return NONE

    def rows_saying(self, number: int, content_hash: bytes, *, start: int, stop: int) -> list[int]:
        """The rows of a namespace's content hash between *start* and *stop*, rising."""
        return [
            row
            for row in self.content.find(content_key(number, content_hash))
            if start <= row < stop and self.hashes["content"].item(row) == content_hash
        ]

    def session(self, place: int) -> npt.NDArray[np.int32]:
        """The rows of a session in its order."""
        return self.session_rows[self.session_starts[place] : self.session_starts[place + 1]]


def content_key(number: int, content_hash: bytes) -> int:
    """What stands for a content hash of one namespace."""
    return int.from_bytes(content_hash[:8], "little") ^ number * _SPREAD % 2**64


def content_keys(numbers: Ordinals, contents: Array) -> npt.NDArray[np.uint64]:
    """The same of many: of their hashes of 32 bytes."""
    first = contents.view("<u8")[::4]
    keys: npt.NDArray[np.uint64] = first ^ numbers.astype(np.uint64) * np.uint64(_SPREAD)
    return keys


def _names(arrays: Mapping[str, Array], name: str) -> Names:
    return Names(
        texts=Texts(starts=arrays[f"{name}.starts"], data=arrays[f"{name}.data"]),
        index=Index(keys=arrays[f"{name}.keys"], places=arrays[f"{name}.places"]),
    )
