"""Which rows of the vector file belong to what, of every namespace."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from memory_service.index.vectors.places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from memory_service.index.vectors.places import RowNumbers
    from memory_service.model.read import Flags, Ordinals, Parts

_ROW_BYTES = 3 * 8 + 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Live rows by the number of their namespace, as added; the arrays may be a mapped file."""

    numbers: npt.NDArray[np.int64]
    ordinals: Ordinals
    rows: RowNumbers
    parts: Parts

    @classmethod
    def of(cls, places: Mapping[int, Places]) -> Self:
        """The places of these namespaces."""
        found = [(number, places[number]) for number in sorted(places)]
        counts = [len(each) for _, each in found]
        whole = [np.empty(0, np.int64)]
        return cls(
            numbers=np.repeat(np.array([number for number, _ in found], np.int64), counts),
            ordinals=np.concatenate(whole + [each.ordinals for _, each in found]),
            rows=np.concatenate(whole + [each.rows for _, each in found]),
            parts=np.concatenate([np.empty(0, np.int32)] + [each.parts for _, each in found]),
        )

    @classmethod
    def read(cls, file: Path, count: int) -> Self:
        """Map what `write` wrote.

        Raises:
            OSError: If it cannot be read.
            ValueError: If it does not hold *count* rows.
        """
        if file.stat().st_size != count * _ROW_BYTES:
            raise ValueError(f"{file.name} does not hold {count} rows")
        if not count:
            return cls.of({})
        mapped = np.asarray(np.memmap(file, np.uint8, "r"))
        whole = mapped[: 3 * 8 * count].view("<i8").reshape(3, count)
        parts = mapped[3 * 8 * count :].view("<i4")
        return cls(numbers=whole[0], ordinals=whole[1], rows=whole[2], parts=parts)

    def write(self, file: Path) -> None:
        """Write it, column by column.

        Raises:
            OSError: If that fails.
        """
        with file.open("wb") as stream:
            for column in (self.numbers, self.ordinals, self.rows):
                stream.write(np.ascontiguousarray(column, "<i8").data)
            stream.write(np.ascontiguousarray(self.parts, "<i4").data)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _starts(self) -> dict[int, slice]:
        """Where the rows of each namespace are."""
        numbers, first = np.unique(self.numbers, return_index=True)
        stops = np.append(first[1:], len(self.numbers))[: len(first)]
        return {
            number: slice(start, stop)
            for number, start, stop in zip(
                numbers.tolist(), first.tolist(), stops.tolist(), strict=True
            )
        }

    def namespaces(self) -> list[int]:
        """The numbers of all that have rows."""
        return list(self._starts)

    def places(self, number: int) -> Places:
        """The places of one."""
        rows = self._starts.get(number, slice(0))
        return Places.of_columns(self.ordinals[rows], self.parts[rows], self.rows[rows])

    def where(self, flags: Flags) -> Table:
        """Some of its rows alone."""
        if flags.all():
            return self
        return Table(
            numbers=self.numbers[flags],
            ordinals=self.ordinals[flags],
            rows=self.rows[flags],
            parts=self.parts[flags],
        )
