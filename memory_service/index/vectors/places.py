"""Which ordinal and part each vector belongs to, and where in the vector file it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from memory_service.model.read import Flags, Ordinals, Parts

    #: Numbers of rows of a vector file.
    RowNumbers = npt.NDArray[np.int64]
    #: Numbers of places among others.
    Picks = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Places in the order they were added, which never change.

    The places of one ordinal lie beside each other, by part.  `by_ordinal` sorts them by ordinal;
    `None` if they are in that order as they are.  `several`: whether an ordinal has more than one.
    """

    ordinals: Ordinals
    parts: Parts
    rows: RowNumbers
    by_ordinal: Picks | None
    several: bool

    @classmethod
    def of_columns(cls, ordinals: Ordinals, parts: Parts, rows: RowNumbers) -> Self:
        """These, in any order of ordinals."""
        rising = bool(np.all(ordinals[:-1] <= ordinals[1:]))
        order = None if rising else np.argsort(ordinals, kind="stable")
        several = bool(np.any(ordinals[:-1] == ordinals[1:]))
        return cls(ordinals=ordinals, parts=parts, rows=rows, by_ordinal=order, several=several)

    @classmethod
    def empty(cls) -> Self:
        """No places."""
        nothing = np.empty(0, np.int64)
        return cls.of_columns(nothing, np.empty(0, np.int32), nothing)

    def __len__(self) -> int:
        return len(self.ordinals)

    def of(self, ordinals: Ordinals) -> Picks:
        """The places of these sorted, distinct ordinals in their order; unknown ones have none."""
        return self.owned(ordinals)[0]

    def owned(self, ordinals: Ordinals) -> tuple[Picks, Picks]:
        """The places of these sorted, distinct ordinals in their order, and whose each is.

        Whose, as places among *ordinals*; unknown ones have none.
        """
        first = self._search(ordinals, "left")
        if self.several:
            counts = self._search(ordinals, "right") - first
            before = np.cumsum(counts) - counts
            owners = np.repeat(np.arange(len(ordinals)), counts)
            found: Picks = np.repeat(first - before, counts) + np.arange(len(owners))
        else:
            found = first[first < len(self)]
            owners = np.flatnonzero(self._sorted(found) == ordinals[first < len(self)])
            found = found[owners]
        return found if self.by_ordinal is None else self.by_ordinal[found], owners

    def with_siblings(self, picks: Picks) -> Picks:
        """These, rising, and all other places of their ordinals."""
        if not self.several:
            return np.sort(picks)
        return np.sort(self.of(distinct(self.ordinals[picks])))

    def holds(self, ordinals: Ordinals) -> Flags:
        """Which of these have a place here."""
        return np.not_equal(self._search(ordinals, "left"), self._search(ordinals, "right"))

    def _sorted(self, numbers: Picks) -> Ordinals:
        """The ordinals at these places of the sorted order."""
        return self.ordinals[numbers if self.by_ordinal is None else self.by_ordinal[numbers]]

    def _search(self, ordinals: Ordinals, side: Literal["left", "right"]) -> Picks:
        return np.searchsorted(self.ordinals, ordinals, side, sorter=self.by_ordinal)

    def take(self, picks: Picks) -> Places:
        """These alone; *picks* rise."""
        return Places.of_columns(self.ordinals[picks], self.parts[picks], self.rows[picks])

    def joined(self, other: Places) -> Places:
        """These and, behind them, the others."""
        return Places.of_columns(
            np.concatenate([self.ordinals, other.ordinals]),
            np.concatenate([self.parts, other.parts]),
            np.concatenate([self.rows, other.rows]),
        )


def distinct(ordinals: Ordinals) -> Ordinals:
    """These sorted, each once; `numpy.unique` takes several times as long."""
    rising = np.sort(ordinals)
    return rising[starts(rising)]


def starts(ordinals: Ordinals) -> Picks:
    """Where each run of one ordinal begins."""
    fresh = np.ones(len(ordinals), np.bool_)
    fresh[1:] = ordinals[1:] != ordinals[:-1]
    return np.flatnonzero(fresh)
