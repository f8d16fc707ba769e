"""Cutting a long text into passages."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from memory_service.embedding.passages import cut_passages

#: One character is one token, so that every cut is possible and counting is simple.
_TOKEN = re.compile(r"\S")
_BODIES = st.text(alphabet="ab \n京", max_size=300)


def tokens_of(body: str) -> list[tuple[int, int]]:
    return [match.span() for match in _TOKEN.finditer(body)]


@given(body=_BODIES, room=st.integers(1, 40))
def test_passages_cover_the_body_in_order_and_fit(body: str, room: int) -> None:
    spans = cut_passages(body, tokens_of(body), room=room)

    assert spans[0].start == 0
    assert spans[-1].stop == len(body)
    for before, after in pairwise(spans):
        assert before.start < after.start <= before.stop < after.stop
    assert all(len(tokens_of(body[one.start : one.stop])) <= room for one in spans)


@given(body=_BODIES, room=st.integers(1, 40))
def test_a_body_that_fits_is_not_cut(body: str, room: int) -> None:
    spans = cut_passages(body, tokens_of(body), room=room)

    assert (len(spans) == 1) == (len(tokens_of(body)) <= room)


def test_neighbours_share_about_an_eighth() -> None:
    body = "x" * 1000

    spans = cut_passages(body, tokens_of(body), room=80)

    assert {before.stop - after.start for before, after in pairwise(spans)} == {10}


def test_a_cut_falls_at_a_word_where_one_is_near() -> None:
    body = "river train music " * 30

    spans = cut_passages(body, tokens_of(body), room=32)

    assert all(body[one.stop - 1] == " " for one in spans)
    assert all(one.start == 0 or body[one.start - 1] == " " for one in spans)


def test_a_word_longer_than_a_passage_is_cut_inside() -> None:
    body = "x" * 100

    spans = cut_passages(body, tokens_of(body), room=40)

    assert [(one.start, one.stop) for one in spans] == [(0, 40), (35, 75), (70, 100)]
