"""The conversation around candidates: neighbours, sessions and whom a query names."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.conversation import conversation, names_in
from tests.support.candidates import Row, surroundings

if TYPE_CHECKING:
    from memory_service.retrieval.conversation import Conversation

#: Ordinals with holes: what is no candidate has none of these.
ORDINALS = np.array([3, 5, 8, 13])
VALUES = np.array([0.3, 0.5, 0.8, 1.3])


def talk(before: list[int], after: list[int]) -> Conversation:
    """Four turns of one session with these neighbours."""
    rows = [Row(id=str(ordinal), session=1) for ordinal in ORDINALS]
    around = replace(surroundings(rows), before=np.array(before), after=np.array(after))
    return conversation("?", ORDINALS, around)


def test_neighbours_are_found_by_ordinal_whatever_the_order_of_turns() -> None:
    found = talk(before=[-1, 13, 5, 3], after=[13, 8, -1, 5])

    assert found.before(VALUES).tolist() == [0.0, 1.3, 0.5, 0.3]
    assert found.after(VALUES).tolist() == [1.3, 0.8, 0.0, 0.5]


@pytest.mark.parametrize("stranger", [-1, 1, 4, 99])
def test_a_neighbour_that_is_no_candidate_counts_as_0(stranger: int) -> None:
    found = talk(before=[stranger] * 4, after=[stranger] * 4)

    assert found.before(VALUES).tolist() == found.after(VALUES).tolist() == [0.0] * 4
    masks = np.array([1, 2, 4, 1 << 63], np.uint64)
    assert found.masks_before(masks).tolist() == [0] * 4


def test_masks_of_the_turn_before_are_whole() -> None:
    found = talk(before=[13, 3, 5, 8], after=[-1] * 4)

    masks = found.masks_before(np.array([1, 2, 4, 1 << 63], np.uint64))

    assert masks.dtype == np.uint64
    assert masks.tolist() == [1 << 63, 1, 2, 4]


SESSIONS = st.lists(
    st.tuples(st.integers(-1, 3), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=20
)


@given(SESSIONS, st.integers(1, 4))
def test_a_session_is_as_good_as_its_best(rows: list[tuple[int, float]], count: int) -> None:
    around = surroundings([Row(id=str(n), session=session) for n, (session, _) in enumerate(rows)])
    found = conversation("?", np.arange(1, len(rows) + 1), around)

    means = found.session_best(np.array([value for _, value in rows]), count)

    expected = [
        fmean(sorted((v for s, v in rows if s == session), reverse=True)[:count])
        if session >= 0
        else 0.0
        for session, _ in rows
    ]
    assert means == pytest.approx(expected)


def test_of_an_entry_without_a_session_nothing_is_told() -> None:
    rows = [Row(id="a", speaker=0, length=99, asks=True), Row(id="b", session=1, speaker=0)]

    found = conversation("Ann?", np.array([1, 2]), surroundings(rows))

    assert found.inside.tolist() == [False, True]
    assert found.asks.tolist() == [False, False]
    assert found.named.tolist() == [False, True]
    assert found.relative_lengths[0] == 0.0


def test_lengths_are_measured_by_the_candidates_own() -> None:
    rows = [Row(id=str(length), session=1, length=length) for length in (0, 3, 9)]

    found = conversation("?", np.array([1, 2, 3]), surroundings(rows)).relative_lengths

    assert found == pytest.approx(np.log(np.array([1, 4, 10]) / 5))


def test_lengths_of_nothing_are_alike() -> None:
    rows = [Row(id="a", session=1, length=0), Row(id="b", session=1, length=0)]

    found = conversation("?", np.array([1, 2]), surroundings(rows)).relative_lengths

    assert found.tolist() == [0.0, 0.0]


def test_without_candidates_there_is_no_conversation() -> None:
    found = conversation("Ann?", np.array([], np.int64), surroundings([]))

    nothing = np.array([])
    assert found.before(nothing).tolist() == found.session_best(nothing, 3).tolist() == []
    assert found.masks_before(np.array([], np.uint64)).tolist() == []
    assert (found.named.tolist(), found.relative_lengths.tolist()) == ([], [])


def test_who_is_named_spoke_it() -> None:
    rows = [Row(id=str(n), session=1, speaker=speaker) for n, speaker in enumerate((0, 1, -1, 0))]

    found = conversation("What did Bob say?", np.arange(1, 5), surroundings(rows))

    assert found.named.tolist() == [False, True, False, False]


def test_a_name_says_nothing_where_all_speak_under_it() -> None:
    rows = [Row(id="a", session=1, speaker=0), Row(id="b", session=1)]

    for names in (("Ann",), ()):
        around = replace(surroundings(rows, names), speakers=np.array([len(names) - 1, -1]))
        found = conversation("What did Ann say?", np.array([1, 2]), around)
        assert found.named.tolist() == [False, False]


@pytest.mark.parametrize(
    ("query", "name", "held"),
    [
        ("What did Ann say?", "Ann", True),
        ("what did ann say", "Ann", True),
        ("Ann's boat", "Ann", True),
        ("Ann\u2019s boat", "Ann", True),
        ("Annexes are long", "Ann", False),
        ("Is it Joanne?", "Anne", False),
        ("Where does Smith live?", "Ann B. Smith", True),
        ("What is plan B?", "Ann B. Smith", False),
        ("ＡＮＮ", "Ann", True),  # noqa: RUF001  # full width on purpose
        ("What did Zoë say?", "Zoe\u0308", True),
        ("STRASSE", "Straße", True),
        ("user_7 wrote", "user 7", True),
        ("小明昨天说了什么", "小明", True),
        ("小红昨天说了什么", "小明", False),
        ("たなかさんは何を言った", "たなか", True),
        ("민수가 뭐라고 했어", "민수", True),
        ("", "Ann", False),
        ("Ann", "", False),
        ("?!", "!?", False),
        ("I know", "I", False),
    ],
)
def test_a_query_names_whom_it_holds_a_word_of(query: str, name: str, held: bool) -> None:
    assert names_in(query, ["Somebody", name]) == [False, held]


def test_nobody_is_named_where_there_is_nobody() -> None:
    assert names_in("Ann", []) == []
