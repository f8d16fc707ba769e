"""A selection answers as the set of ordinals that it stands for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from memory_service.model.selection import Selection

_ORDINALS = st.dictionaries(st.integers(0, 60), st.booleans())


@given(entries=_ORDINALS, asked=st.lists(st.integers(0, 60)))
def test_a_selection_holds_what_passes_and_nothing_else(
    entries: dict[int, bool], asked: list[int]
) -> None:
    known = sorted(entries)
    passing = {ordinal for ordinal in known if entries[ordinal]}
    selection = Selection(
        known=np.array(known, np.int64), passing=np.array([entries[one] for one in known], np.bool_)
    )

    assert selection.ordinals.tolist() == sorted(passing)
    assert selection.count == len(passing)
    assert selection.contains(np.array(asked, np.int64)).tolist() == [
        one in passing for one in asked
    ]


@given(ordinals=st.sets(st.integers(0, 60)), asked=st.lists(st.integers(0, 60)))
def test_a_selection_of_ordinals_holds_these_alone(ordinals: set[int], asked: list[int]) -> None:
    selection = Selection.of(np.array(sorted(ordinals), np.int64))

    assert selection.ordinals.tolist() == sorted(ordinals)
    assert selection.contains(np.array(asked, np.int64)).tolist() == [
        one in ordinals for one in asked
    ]
