"""Packing: a budget is never exceeded, and the estimate is the one named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.packing import Sides, Step, context_of, estimate_tokens, fitting

TOKENS = st.lists(st.integers(0, 50), max_size=20)


def test_a_token_is_four_bytes_of_utf8_rounded_up() -> None:
    assert [estimate_tokens(text) for text in ("", "a", "four", "fives", "发射")] == [0, 1, 1, 2, 2]


def test_without_a_budget_everything_fits() -> None:
    assert fitting([5, 5, 5], None) == 3


def test_the_first_that_does_not_fit_ends_the_answer() -> None:
    assert fitting([5, 20, 1], 10) == 1


@given(TOKENS, st.integers(1, 200))
def test_the_budget_is_never_exceeded_and_no_further_hit_would_have_fitted(
    tokens: list[int], budget: int
) -> None:
    kept = fitting(tokens, budget)

    assert sum(tokens[:kept]) <= budget
    assert kept == len(tokens) or sum(tokens[: kept + 1]) > budget


def test_context_comes_nearest_first_and_before_rather_than_after() -> None:
    sides = [Sides(before=(4, 3), after=(6, 7))]
    tokens = dict.fromkeys(range(10), 2)

    shown = [
        [step.ordinal for step in context_of(sides, tokens=tokens, barred={5}, room=room)[0]]
        for room in (1, 2, 4, 6, 8, None)
    ]

    assert shown == [[], [4], [4, 6], [3, 4, 6], [3, 4, 6, 7], [3, 4, 6, 7]]


def test_a_turn_that_does_not_fit_ends_its_side_alone() -> None:
    sides = [Sides(before=(4, 3), after=(6, 7))]
    tokens = {4: 9, 3: 1, 6: 1, 7: 1}

    assert context_of(sides, tokens=tokens, barred={5}, room=5) == [
        (Step(ordinal=6, steps=1), Step(ordinal=7, steps=2))
    ]


def test_hits_and_what_is_gone_are_stepped_over() -> None:
    sides = [Sides(before=(4, 3), after=(6, 7))]

    assert context_of(sides, tokens={3: 1, 6: 1, 7: 1}, barred={5, 6}, room=None) == [
        (Step(ordinal=3, steps=-2), Step(ordinal=7, steps=2))
    ]


@st.composite
def sessions(draw: st.DrawFn) -> tuple[list[int], int, list[int]]:
    """Hits of one session of twelve turns, how far context reaches, and what turns cost."""
    hits = draw(st.lists(st.integers(0, 11), unique=True, max_size=5))
    costs = draw(st.lists(st.integers(0, 9), min_size=12, max_size=12))
    return hits, draw(st.integers(1, 5)), costs


@given(session=sessions(), room=st.none() | st.integers(0, 60))
def test_no_turn_comes_twice_and_the_room_is_kept(
    session: tuple[list[int], int, list[int]], room: int | None
) -> None:
    hits, reach, costs = session
    sides = [
        Sides(
            before=tuple(range(hit - 1, max(-1, hit - 1 - reach), -1)),
            after=tuple(range(hit + 1, min(12, hit + 1 + reach))),
        )
        for hit in hits
    ]

    chosen = context_of(sides, tokens=dict(enumerate(costs)), barred=set(hits), room=room)

    shown = [step.ordinal for steps in chosen for step in steps]
    assert len(shown) == len(set(shown))
    assert not set(shown) & set(hits)
    assert room is None or sum(costs[one] for one in shown) <= room
    for hit, steps in zip(hits, chosen, strict=True):
        assert [step.ordinal - hit for step in steps] == [step.steps for step in steps]
        assert list(steps) == sorted(steps, key=lambda step: step.steps)
    if room is None:
        near = {turn for hit in hits for turn in range(hit - reach, hit + reach + 1)}
        assert set(shown) == near & set(range(12)) - set(hits)
