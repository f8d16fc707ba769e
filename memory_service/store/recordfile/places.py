"""Where the record of every ordinal lies: eight bytes for each change there was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory_service.model.read import Ordinals

    Page = npt.NDArray[np.int64]

#: Ordinals of one page; a page whose records are all gone takes no room.
PAGE = 8192
_VOLUME = 32
#: No record.
NOWHERE = 0


def place_of(volume: int, offset: int) -> int:
    """The place of a record; volumes count from 1."""
    return volume << _VOLUME | offset


def volume_of(place: int) -> int:
    """The volume a place is in."""
    return place >> _VOLUME


def offset_of(place: int) -> int:
    """Where in it."""
    return place & ((1 << _VOLUME) - 1)


class Places:
    """A place for each ordinal that has one.

    Reading one is safe beside a writer; everything else is for one thread at a time.
    """

    def __init__(self) -> None:
        self._pages: dict[int, Page] = {}

    def get(self, ordinal: int) -> int:
        """The place of a record, or `NOWHERE`."""
        page = self._pages.get(ordinal // PAGE)
        return NOWHERE if page is None else page.item(ordinal % PAGE)

    def put(self, ordinal: int, place: int) -> None:
        """Say where the record of an ordinal is from now on; `NOWHERE` forgets it."""
        page = self._pages.get(ordinal // PAGE)
        if page is None:
            page = self._pages.setdefault(ordinal // PAGE, np.zeros(PAGE, np.int64))
        page[ordinal % PAGE] = place

    def known(self) -> Ordinals:
        """All ordinals that have a place, rising."""
        return _joined(number * PAGE + np.flatnonzero(page) for number, page in self._sorted())

    def inside(self, volume: int) -> Ordinals:
        """All ordinals whose place is in a volume, rising."""
        return _joined(
            number * PAGE + np.flatnonzero(page >> _VOLUME == volume)
            for number, page in self._sorted()
        )

    def leave(self, volume: int) -> None:
        """Forget every place in a volume."""
        for page in self._pages.values():
            page[page >> _VOLUME == volume] = NOWHERE

    def image(self) -> npt.NDArray[np.int64]:
        """All of it, as `decoded` takes it.  Empty pages are let go."""
        self._pages = {number: page for number, page in self._sorted() if page.any()}
        image = np.empty((len(self._pages), PAGE + 1), np.int64)
        for row, (number, page) in zip(image, self._pages.items(), strict=True):
            row[0], row[1:] = number, page
        return image

    @classmethod
    def decoded(cls, flat: npt.NDArray[np.int64]) -> Self:
        """What `image` gave, flat.

        Raises:
            ValueError: If it is of another form.
        """
        places = cls()
        places._pages = {int(row[0]): row[1:].copy() for row in flat.reshape(-1, PAGE + 1)}
        return places

    def _sorted(self) -> Iterator[tuple[int, Page]]:
        return iter(sorted(self._pages.items(), key=lambda pair: pair[0]))


def _joined(parts: Iterator[npt.NDArray[np.intp]]) -> Ordinals:
    found = list(parts)
    return np.concatenate(found).astype(np.int64) if found else np.empty(0, np.int64)
