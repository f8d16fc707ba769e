"""Adds to hits what was said around them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.recall import Turn
from memory_service.retrieval.packing import Sides, Step, context_of, estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.engine.texts import Texts
    from memory_service.model.read import Ordinals
    from memory_service.model.recall import Hit
    from memory_service.protocols import Reader


class Surrounding:
    """The turns around hits, at most *reach* steps away; none for a reach of 0."""

    def __init__(self, reader: Reader, texts: Texts, reach: int) -> None:
        self._reader = reader
        self._texts = texts
        self._reach = reach

    def reached(self, ordinals: Ordinals) -> list[int]:
        """What may be shown around these; from memory."""
        if not self._reach:
            return []
        return [each for around in self._reader.around(ordinals, self._reach) for each in around]

    def around(
        self, hits: Sequence[Hit], *, barred: frozenset[int], room: int | None
    ) -> tuple[Hit, ...]:
        """The hits with their context, within *room* tokens beside their own.

        *barred* are ordinals that must not be shown as context.
        """
        if not self._reach or not hits:
            return tuple(hits)
        sides = self._sides(np.array([hit.entry.ordinal for hit in hits], dtype=np.int64))
        turns = {each for one in sides for each in (*one.before, *one.after)} - barred
        self._texts.read(sorted(turns))
        chosen = context_of(sides, tokens=self._tokens(turns), barred=barred, room=room)
        return tuple(self._with(hit, steps) for hit, steps in zip(hits, chosen, strict=True))

    def _sides(self, ordinals: Ordinals) -> list[Sides]:
        around = self._reader.around(ordinals, self._reach)
        after = self._reader.surroundings(ordinals).after
        return [
            _split(turns.tolist(), next_one)
            for turns, next_one in zip(around, after.tolist(), strict=True)
        ]

    def _tokens(self, turns: set[int]) -> dict[int, int]:
        """What each turn costs; those that are gone are left out."""
        found = {each: self._texts.get(each) for each in turns}
        return {each: estimate_tokens(one.entry.draft.text) for each, one in found.items() if one}

    def _with(self, hit: Hit, steps: Sequence[Step]) -> Hit:
        context = tuple(
            Turn(entry=found.entry, steps=step.steps)
            for step in steps
            if (found := self._texts.get(step.ordinal))
        )
        cost = sum(estimate_tokens(turn.entry.draft.text) for turn in context)
        return replace(hit, context=context, tokens=hit.tokens + cost)


def _split(turns: list[int], after: int) -> Sides:
    """The turns before and after a hit, given them in order and the first one after it, or -1."""
    border = turns.index(after) if after in turns else len(turns)
    return Sides(before=tuple(reversed(turns[:border])), after=tuple(turns[border:]))
