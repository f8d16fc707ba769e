"""What a filter says of places is what its selection says of their ordinals, time and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from memory_service.index.vectors.alignment import Alignment
from memory_service.model.selection import Selection

if TYPE_CHECKING:
    from memory_service.model.read import Ordinals


def selection(known: Ordinals, seed: int) -> Selection:
    return Selection(known=known, passing=np.random.default_rng(seed).random(len(known)) < 0.5)


@settings(max_examples=1_000)
@given(
    buffer=st.sets(st.integers(0, 60), max_size=40),
    places=st.lists(st.integers(0, 60), max_size=30),
    seen=st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=6),
)
def test_it_agrees_with_looking_every_ordinal_up(
    buffer: set[int], places: list[int], seen: list[tuple[int, bool]]
) -> None:
    """Of arrays that grow in one buffer, shrink, or are other ones altogether."""
    known, ordinals = np.array(sorted(buffer), np.int64), np.array(places, np.int64)
    alignment = Alignment()

    for seed, (count, copied) in enumerate(seen):
        part = known[:count].copy() if copied else known[:count]
        allowed = selection(part, seed)
        np.testing.assert_array_equal(
            alignment.passing(allowed, ordinals), allowed.contains(ordinals)
        )


def test_one_place_for_every_known_entry_needs_no_looking_up() -> None:
    known = np.arange(10, 60)
    allowed, alignment = selection(known, 1), Alignment()

    flags = alignment.passing(allowed, known[:40].copy())

    assert np.shares_memory(flags, allowed.passing)
    np.testing.assert_array_equal(flags, allowed.passing[:40])
