"""The whole index at one instant: layers by rising ordinals, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from memory_service.index.lexical.layer import Layer

if TYPE_CHECKING:
    from memory_service.index.lexical.segment import Segment
    from memory_service.model.read import Ordinals


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """What a reader takes; never changes.

    Args:
        layers: Older ones first; every ordinal of one is above all of the one before.
        watermark: The last change it has taken in.
    """

    layers: tuple[Layer, ...] = ()
    watermark: int = 0

    @property
    def entries(self) -> int:
        """How many entries are in it."""
        return sum(layer.entries for layer in self.layers)

    @property
    def postings(self) -> int:
        """How many postings it holds, those of forgotten entries included."""
        return sum(len(layer.segment) for layer in self.layers)

    def without(self, ordinals: Ordinals) -> State:
        """The same with these (rising) forgotten."""
        if not len(ordinals):
            return self
        return replace(self, layers=tuple(layer.without(ordinals) for layer in self.layers))

    def replaced(self, first: int, last: int, segment: Segment | None) -> State:
        """The same with one segment in the place of the layers from *first* to before *last*.

        Their tombstones stay as far as the segment holds what they name: a merger that began
        before an entry was forgotten has not left it out.
        """
        middle: tuple[Layer, ...] = ()
        if segment is not None:
            layer = Layer(segment=segment)
            for before in self.layers[first:last]:
                layer = layer.without(before.forgotten())
            middle = (layer,)
        return replace(self, layers=(*self.layers[:first], *middle, *self.layers[last:]))
