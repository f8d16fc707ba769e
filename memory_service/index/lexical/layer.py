"""A segment and its tombstones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from memory_service.index.lexical.segment import Counts, Places, Segment
    from memory_service.model.read import Flags, Ordinals

_NOBODY = np.empty(0, np.int64)
#: Counting the dead of a list by looking each of them up in it costs so many times as much, for
#: each, as looking a posting up among the flags.
_LOOK_UP = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """A segment without those of its entries that are forgotten; never changes.

    Args:
        segment: The postings.
        dead: Places of the forgotten among its entries, rising.
        flags: The same by place; `None` while there are none.
    """

    segment: Segment
    dead: Counts = field(default_factory=_NOBODY.copy)
    flags: Flags | None = None

    @property
    def entries(self) -> int:
        """How many entries are left."""
        return len(self.segment.entries) - len(self.dead)

    def without(self, ordinals: Ordinals) -> Layer:
        """The same with these (rising) forgotten as well; unknown ones are ignored."""
        places = self.segment.locate(ordinals)
        if not len(places):
            return self
        flags = np.zeros(len(self.segment.entries), np.bool_)
        if self.flags is not None:
            flags |= self.flags
        flags[places] = True
        return Layer(segment=self.segment, dead=np.flatnonzero(flags), flags=flags)

    def only(self, ordinals: Ordinals) -> Layer:
        """The same with all forgotten but these (rising)."""
        flags = np.ones(len(self.segment.entries), np.bool_)
        flags[self.segment.locate(ordinals)] = False
        dead = np.flatnonzero(flags)
        return Layer(segment=self.segment, dead=dead, flags=flags if len(dead) else None)

    def forgotten(self) -> Ordinals:
        """The ordinals of its tombstones."""
        return self.segment.entries[self.dead]

    def count_dead(self, places: Places) -> int:
        """How many of a list's entries (rising) are forgotten."""
        if self.flags is None:
            return 0
        if len(self.dead) * _LOOK_UP < len(places):
            dead = self.dead.astype(np.uint32)
            at = places.searchsorted(dead)
            return int(np.count_nonzero(places.take(at, mode="clip") == dead))
        return int(np.count_nonzero(self.flags.take(places)))
