"""Rows that could not be written to their file yet, since it has no room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from memory_service.index.vectors.halves import Halves
    from memory_service.index.vectors.places import RowNumbers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LateRows:
    """Rows, rising, and their vectors; never changes."""

    rows: RowNumbers
    halves: Halves

    @classmethod
    def of(cls, rows: RowNumbers, halves: Halves) -> LateRows:
        """These, in any order."""
        order = np.argsort(rows)
        return cls(rows=rows[order], halves=halves[order])

    def joined(self, other: LateRows) -> LateRows:
        """With others beside them."""
        return LateRows.of(
            np.concatenate([self.rows, other.rows]), np.concatenate([self.halves, other.halves])
        )

    def among(self, rows: RowNumbers, view: Halves) -> Halves:
        """A copy of these rows, from here or else from the file's *view*."""
        found = view.take(np.minimum(rows, len(view) - 1), axis=0)
        at = np.searchsorted(self.rows, rows).clip(max=len(self.rows) - 1)
        here = self.rows[at] == rows
        found[here] = self.halves[at[here]]
        return found
