"""Which entries of a namespace a filter lets through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from memory_service.model.read import Flags, Ordinals


@dataclass(frozen=True, kw_only=True, eq=False)
class Selection:
    """A filter, evaluated: one flag per known entry; never changes.

    Args:
        known: Distinct ordinals, rising.
        passing: Which of them may come out, in their order.
    """

    known: Ordinals
    passing: Flags

    @classmethod
    def of(cls, ordinals: Ordinals) -> Self:
        """These alone; they are distinct and rise."""
        return cls(known=ordinals, passing=np.ones(len(ordinals), np.bool_))

    @cached_property
    def ordinals(self) -> Ordinals:
        """What may come out, rising."""
        return self.known[self.passing]

    @cached_property
    def count(self) -> int:
        """How many may come out."""
        return int(np.count_nonzero(self.passing))

    def grown(self, known: Ordinals, passing: Flags) -> Self:
        """The same with more behind it; what was worked out before is not worked out again."""
        after = type(self)(known=known, passing=passing)
        before = len(self.known)
        if "ordinals" in vars(self):
            more = known[before:][passing[before:]]
            vars(after)["ordinals"] = (
                np.concatenate([self.ordinals, more]) if len(more) else self.ordinals
            )
        if "count" in vars(self):
            vars(after)["count"] = self.count + int(np.count_nonzero(passing[before:]))
        return after

    def contains(self, ordinals: Ordinals) -> Flags:
        """Which of these may come out; what is unknown may not."""
        if not len(self.known):
            return np.zeros(len(ordinals), np.bool_)
        place = np.searchsorted(self.known, ordinals).clip(max=len(self.known) - 1)
        found: Flags = (self.known[place] == ordinals) & self.passing[place]
        return found
