"""A part of an index: places, and which of them are alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from memory_service.index.vectors.alignment import Alignment
    from memory_service.index.vectors.places import Picks, Places
    from memory_service.model.read import Flags, Ordinals
    from memory_service.model.selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Places that were added, and a flag for each that was not removed.

    `alignment` is of places that no longer change, `None` of others.
    """

    places: Places
    alive: Flags
    alignment: Alignment | None = None

    @classmethod
    def of_live(cls, places: Places) -> Part:
        """These, none removed."""
        return cls(places=places, alive=np.ones(len(places), np.bool_))

    def __len__(self) -> int:
        return len(self.places)

    @property
    def dead(self) -> int:
        """How many places were removed."""
        return len(self) - int(np.count_nonzero(self.alive))

    def of(self, ordinals: Ordinals) -> Picks:
        """The live places of these sorted, distinct ordinals."""
        return self.owned(ordinals)[0]

    def owned(self, ordinals: Ordinals) -> tuple[Picks, Picks]:
        """The same, and whose each is, as places among *ordinals*."""
        picks, owners = self.places.owned(ordinals)
        alive = self.alive[picks]
        return (picks, owners) if alive.all() else (picks[alive], owners[alive])

    def without(self, picks: Picks) -> Part:
        """The same, these places removed."""
        if not len(picks):
            return self
        alive = self.alive.copy()
        alive[picks] = False
        return Part(places=self.places, alive=alive, alignment=self.alignment)

    def grown(self, places: Places) -> Part:
        """The same over *places*, which begin with its own; the others are alive."""
        fresh = np.ones(len(places) - len(self), np.bool_)
        return Part(places=places, alive=np.concatenate([self.alive, fresh]))

    def joined(self, other: Part) -> Part:
        """Its places and, behind them, the others."""
        alive = np.concatenate([self.alive, other.alive])
        return Part(places=self.places.joined(other.places), alive=alive)

    def live(self) -> Places:
        """The live places alone."""
        return self.places if self.alive.all() else self.places.take(np.flatnonzero(self.alive))

    def wanted(self, allowed: Selection | None) -> Flags:
        """Which places a search may find."""
        if allowed is None:
            return self.alive
        if self.alignment is None:
            return self.alive & allowed.contains(self.places.ordinals)
        return self.alive & self.alignment.passing(allowed, self.places.ordinals)
