"""From one way of keeping a namespace's vectors to the next: what is due, and how it takes over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from memory_service.index.vectors.alignment import Alignment
from memory_service.index.vectors.growing import Growing
from memory_service.index.vectors.part import Part
from memory_service.index.vectors.places import Places
from memory_service.index.vectors.sealed import Sealed

if TYPE_CHECKING:
    from memory_service.index.vectors.places import Picks
    from memory_service.index.vectors.state import IndexState

#: A part this small is not worth clearing of removed places.
_SMALL = 64


def is_due(state: IndexState) -> bool:
    """Whether the growing part is too long, or too much of a part was removed."""
    limits = state.shared.limits
    for part in state.parts():
        if len(part) > _SMALL and limits.too_dead(dead=part.dead, vectors=len(part)):
            return True
    most = limits.exact if state.sealed is None else limits.growing
    return len(state.fresh) > most


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sealing:
    """What is made of *base*: these places of its parts go on, together or extended."""

    base: IndexState
    old: Picks
    fresh: Picks
    extend: bool

    @classmethod
    def of(cls, base: IndexState) -> Self:
        """All that is alive; beside what is sealed already, if that is still good."""
        limits, sealed = base.shared.limits, base.sealed
        live, fresh = np.flatnonzero(base.old.alive), np.flatnonzero(base.fresh.alive)
        count = len(live) + len(fresh)
        extend = (
            sealed is not None
            and count > limits.exact
            and not limits.outgrown(trained=sealed.trained, vectors=count)
            and not limits.too_dead(dead=base.old.dead, vectors=len(base.old))
        )
        old = np.arange(len(base.old)) if extend else live
        return cls(base=base, old=old, fresh=fresh, extend=extend)

    def build(self) -> Sealed | None:
        """The index over codes; `None` if the places are few enough to look at all of them."""
        shared, sealed = self.base.shared, self.base.sealed
        if self.extend and sealed is not None:
            return sealed.extended(self.base.fresh.places.take(self.fresh), shared.file)
        places = self._kept()
        if len(places) <= shared.limits.exact:
            return None
        return Sealed.build(places, shared.file, lists=shared.limits.lists(len(places)))

    def after(self, state: IndexState, sealed: Sealed | None) -> tuple[IndexState, Growing]:
        """The state that follows *state*, which came of the base by adding and removing."""
        since = np.arange(len(self.base.fresh), len(state.fresh))
        behind = Part(places=state.fresh.places.take(since), alive=state.fresh.alive[since])
        alive = np.concatenate([state.old.alive[self.old], state.fresh.alive[self.fresh]])
        if sealed is None:
            old = Part.of_live(Places.empty())
            fresh = Part(places=self._kept(), alive=alive).joined(behind)
        else:
            old = Part(places=sealed.places, alive=alive, alignment=Alignment())
            fresh = behind
        growing = Growing(fresh.places)
        after = replace(state, sealed=sealed, old=old, fresh=fresh, matrix=growing.matrix)
        return after, growing

    def _kept(self) -> Places:
        fresh = self.base.fresh.places.take(self.fresh)
        return self.base.old.places.take(self.old).joined(fresh)
