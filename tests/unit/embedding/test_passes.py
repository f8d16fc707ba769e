"""Which texts of a call go through the model together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memory_service.embedding.passes import PASS_TOKENS, plan_passes


@given(lengths=st.lists(st.integers(1, 512), min_size=1, max_size=80), lanes=st.integers(1, 4))
def test_every_text_is_in_one_pass_and_no_pass_is_too_large(lengths: list[int], lanes: int) -> None:
    passes = plan_passes(lengths, lanes=lanes)

    assert sorted(number for one in passes for number in one) == list(range(len(lengths)))
    filled = [len(one) * max(lengths[number] for number in one) for one in passes]
    assert all(
        tokens <= PASS_TOKENS or len(one) == 1 for one, tokens in zip(passes, filled, strict=True)
    )


@given(lengths=st.lists(st.integers(1, 512), min_size=1, max_size=80))
def test_a_longer_text_is_never_behind_a_shorter_one(lengths: list[int]) -> None:
    passes = plan_passes(lengths, lanes=2)

    ordered = [lengths[number] for one in passes for number in one]
    assert ordered == sorted(lengths, reverse=True)


def test_short_texts_go_together_and_what_is_worth_it_on_every_lane() -> None:
    assert plan_passes([8, 8], lanes=2) == [[0, 1]]
    assert [len(one) for one in plan_passes([16] * 32, lanes=2)] == [16, 16]
    assert [len(one) for one in plan_passes([16] * 32, lanes=1)] == [32]
    assert [len(one) for one in plan_passes([64] * 32, lanes=2)] == [8, 8, 8, 8]
