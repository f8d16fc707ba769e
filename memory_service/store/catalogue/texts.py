"""Many short texts without an object for each, and finding them by what they say."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
import xxhash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Bytes = npt.NDArray[np.uint8]
    Keys = npt.NDArray[np.uint64]
    Places = npt.NDArray[np.int32]
    Starts = npt.NDArray[np.int64]


#: So many at a time need an object each.
_BLOCK = 1 << 15


def key_of(number: int, data: bytes | memoryview) -> int:
    """What stands for some bytes of one namespace: 64 bits of xxh3.

    Who finds something by it compares the bytes themselves.
    """
    return xxhash.xxh3_64_intdigest(data, seed=number)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texts:
    """Texts one after the other in UTF-8: the one at *place* starts at `starts[place]`."""

    starts: Starts
    data: Bytes

    @classmethod
    def of(cls, datas: Sequence[bytes]) -> Self:
        """These, in their order."""
        starts = np.zeros(len(datas) + 1, np.int64)
        np.cumsum([len(data) for data in datas], out=starts[1:])
        return cls(starts=starts, data=np.frombuffer(b"".join(datas), np.uint8))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def at(self, place: int) -> str:
        """The text at *place*."""
        start, stop = self.starts[place : place + 2].tolist()
        return str(self.data.data[start:stop], "utf-8")

    def many(self, places: npt.NDArray[np.int64]) -> list[str]:
        """The texts at these places."""
        starts, stops = self.starts[places].tolist(), self.starts[places + 1].tolist()
        view = self.data.data
        return [str(view[start:stop], "utf-8") for start, stop in zip(starts, stops, strict=True)]

    def encoded(self) -> list[bytes]:
        """All of them, in UTF-8."""
        whole, ends = self.data.tobytes(), self.starts.tolist()
        return [whole[start:stop] for start, stop in pairwise(ends)]


def keys_of(numbers: Starts, texts: Texts) -> Keys:
    """The key of each text, in the namespace of its number."""
    keys = np.empty(len(texts), np.uint64)
    for first in range(0, len(texts), _BLOCK):
        last = min(first + _BLOCK, len(texts))
        datas = _between(texts, first, last)
        of_each = zip(numbers[first:last].tolist(), datas, strict=True)
        keys[first:last] = [key_of(number, data) for number, data in of_each]
    return keys


def _between(texts: Texts, first: int, last: int) -> Iterator[memoryview]:
    view = texts.data.data
    for start, stop in pairwise(texts.starts[first : last + 1].tolist()):
        yield view[start:stop]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Index:
    """Places by key; `keys` rise, equal ones in the order of their places."""

    keys: Keys
    places: Places

    @classmethod
    def of(cls, keys: Keys) -> Self:
        """An index of the keys at 0, 1 and so on."""
        order = np.argsort(keys, kind="stable")
        return cls(keys=keys[order], places=order.astype(np.int32))

    def find(self, key: int) -> list[int]:
        """The places of a key, rising."""
        wanted = np.uint64(key)
        first = int(self.keys.searchsorted(wanted))
        if first == len(self.keys) or self.keys[first] != wanted:
            return []
        places: list[int] = self.places[
            first : int(self.keys.searchsorted(wanted, "right"))
        ].tolist()
        return places

    def in_order(self) -> Keys:
        """The keys by place."""
        keys = np.empty_like(self.keys)
        keys[self.places] = self.keys
        return keys


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Names:
    """Distinct names of many namespaces, numbered by their places."""

    texts: Texts
    index: Index

    def __len__(self) -> int:
        return len(self.texts)

    def find(self, number: int, name: str) -> int | None:
        """The place of a namespace's name."""
        for place in self.index.find(key_of(number, name.encode())):
            if self.texts.at(place) == name:
                return place
        return None
