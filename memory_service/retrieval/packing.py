"""How many hits fit into the caller's tokens, and how much of what lies around them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

#: The estimator's name, as answers give it: bytes of UTF-8 over four, rounded up.
TOKEN_ESTIMATOR = "utf8/4"  # noqa: S105  # not a secret


def estimate_tokens(text: str) -> int:
    """About how many tokens *text* costs in a prompt; 0 for an empty one."""
    return -(-len(text.encode()) // 4)


def fitting(tokens: Sequence[int], budget: int | None) -> int:
    """How many of the leading hits fit *budget* together.

    The first that does not fit ends the answer; no later, smaller one takes its place.  A
    budget overrules every minimum.  `None` fits all.
    """
    if budget is None:
        return len(tokens)
    return sum(total <= budget for total in accumulate(tokens))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Ordinals of the turns before and after a hit, each nearest first."""

    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A turn to show, and how many steps it lies from its hit; negative before it."""

    ordinal: int
    steps: int


def context_of(
    sides: Sequence[Sides],
    *,
    tokens: Mapping[int, int],
    barred: AbstractSet[int],
    room: int | None,
) -> list[tuple[Step, ...]]:
    """The context of each hit, in the session's order, as far as there is room.

    Hit by hit, the nearest turn first, and before the hit rather than after it.  A turn that
    does not fit ends its side, so what is shown is never torn; smaller turns of other sides may
    still fit.

    Args:
        sides: What lies around each hit, best hit first.
        tokens: What each turn costs; one that is missing here is gone, and stepped over.
        barred: Hits and what was folded into them: not shown, but no end of a side.
        room: Tokens that the hits left; `None` for no bound.

    Returns:
        For each hit its turns; no turn is in the whole answer twice.
    """
    shown = set(barred)
    chosen = []
    for around in sides:
        steps, room = _chosen(around, tokens, shown, room)
        shown.update(step.ordinal for step in steps)
        chosen.append(tuple(sorted(steps, key=lambda step: step.steps)))
    return chosen


def _chosen(
    around: Sides, tokens: Mapping[int, int], shown: AbstractSet[int], room: int | None
) -> tuple[list[Step], int | None]:
    """The turns to show with one hit, and the room that is left."""
    steps: list[Step] = []
    ended: set[bool] = set()
    for step in _nearest_first(around):
        before = step.steps < 0
        if before in ended or step.ordinal in shown or step.ordinal not in tokens:
            continue
        cost = tokens[step.ordinal]
        if room is not None and cost > room:
            ended.add(before)
            continue
        room = None if room is None else room - cost
        steps.append(step)
    return steps, room


def _nearest_first(around: Sides) -> Iterator[Step]:
    for number, pair in enumerate(zip_longest(around.before, around.after), start=1):
        for sign, ordinal in zip((-1, 1), pair, strict=True):
            if ordinal is not None:
                yield Step(ordinal=ordinal, steps=sign * number)
