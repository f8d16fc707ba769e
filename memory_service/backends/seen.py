"""What one recall may see of a namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memory_service.model.read import Flags, Ordinals
    from memory_service.model.selection import Selection
    from memory_service.store.catalogue.catalogue import Shelf


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """A namespace at an instant, under a filter.

    Args:
        shelf: The namespace.
        now: The instant.
        allowed: What the filter lets through; everything if `None`.
        expired: How many entries have expired and wait for the sweep.
    """

    shelf: Shelf
    now: int
    allowed: Selection | None
    expired: int

    def alive(self, ordinals: Ordinals) -> Flags:
        """Which of these are live and not expired."""
        return self.shelf.alive(ordinals, self.now)

    def passing(self, ordinals: Ordinals) -> Flags:
        """Which of these are alive and pass the filter."""
        if self.allowed is None:
            return self.alive(ordinals)
        passing = self.allowed.contains(ordinals)
        passing[passing] = self.alive(ordinals[passing])
        return passing
