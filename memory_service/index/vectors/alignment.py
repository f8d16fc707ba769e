"""Where the entries that a filter knows are among places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from memory_service.index.vectors.places import Picks
    from memory_service.model.read import Flags, Ordinals
    from memory_service.model.selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Held:
    """For every place, where its ordinal is in *known*, behind the end if nowhere.

    `None` if each place has the ordinal that is known at its number.  `lasts`: whether that stays
    so when more become known, which are greater than all known so far.
    """

    known: Ordinals
    at: Picks | None
    lasts: bool

    def serves(self, known: Ordinals) -> bool:
        """Whether it is of these, too."""
        if known is self.known:
            return True
        return self.lasts and _begins_with(known, self.known)


class Alignment:
    """Works that out once, for the filters of a namespace know the same entries."""

    def __init__(self) -> None:
        self._held: _Held | None = None

    def passing(self, allowed: Selection, ordinals: Ordinals) -> Flags:
        """For every place of these *ordinals*, always the same, what the filter says."""
        held = self._held
        if held is None or not held.serves(allowed.known):
            held = self._held = _held(allowed.known, ordinals)
        if held.at is None:
            return allowed.passing[: len(ordinals)]
        count = len(held.known)
        flags: Flags = np.append(allowed.passing[:count], False)[held.at]
        return flags


def _held(known: Ordinals, ordinals: Ordinals) -> _Held:
    if np.array_equal(known[: len(ordinals)], ordinals):
        return _Held(known=known, at=None, lasts=True)
    if not len(known):
        return _Held(known=known, at=np.zeros(len(ordinals), np.intp), lasts=False)
    at = np.searchsorted(known, ordinals)
    at[known[at.clip(max=len(known) - 1)] != ordinals] = len(known)
    return _Held(known=known, at=at, lasts=bool(np.all(ordinals <= known[-1])))


def _begins_with(known: Ordinals, before: Ordinals) -> bool:
    """Whether these are the ones from before, and perhaps more: what is given out stays."""
    same = known.base is not None and known.base is before.base
    return same and len(known) >= len(before) and _start(known) == _start(before)


def _start(known: Ordinals) -> int:
    start: int = known.__array_interface__["data"][0]
    return start
