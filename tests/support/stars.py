"""An engine that knows six things about the sky, and what to read off its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.builders import a_draft
from tests.support.engines import Bench, a_bench

if TYPE_CHECKING:
    from memory_service.model.recall import QueryAnswer

STARS = [
    "The telescope saw a nebula in Orion last night.",
    "Saturn's rings are made of ice and dust.",
    "A comet passes the sun every seventy six years.",
    "The observatory moved its mirror to the mountain.",
    "Red dwarfs burn their hydrogen slowly.",
    "Ann measured the parallax of a nearby star.",
]


def stars(**options: Any) -> Bench:
    """An engine that remembers them, under `0` to `5`."""
    bench = a_bench(**options)
    bench.remember(*[a_draft(str(number), text) for number, text in enumerate(STARS)])
    return bench


def hit_ids(answer: QueryAnswer) -> list[str]:
    """The ids of the hits, best first."""
    return [hit.entry.id for hit in answer.hits]


def missing(answer: QueryAnswer) -> list[tuple[str, str]]:
    """The legs that are missing or lacking, each with its reason."""
    return [(one.leg.value, one.reason) for one in answer.degraded]
