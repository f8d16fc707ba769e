"""How much of an import goes into one pass."""

from __future__ import annotations

from memory_service.embedding.pace import FULL_SECONDS, LIVELY_SECONDS, SLICE_SECONDS, Pace
from tests.support.engines import Timer

TEXTS = ["ten chars."] * 1_000


def test_before_anything_is_known_one_text_is_a_slice() -> None:
    assert Pace(Timer(), most=64).slice(TEXTS) == 1


def test_a_slice_takes_the_time_it_may_and_less_while_questions_come_in() -> None:
    timer = Timer(seconds=100.0)
    pace = Pace(timer, most=1_000)
    pace.measured(TEXTS[:1], 0.001)

    quiet = pace.slice(TEXTS)
    pace.asked()
    lively = pace.slice(TEXTS)
    timer.seconds += LIVELY_SECONDS
    quiet_again = pace.slice(TEXTS)

    assert (quiet, lively, quiet_again) == (250, 30, 250)
    assert (FULL_SECONDS, SLICE_SECONDS) == (0.25, 0.03)


def test_it_follows_what_passes_take() -> None:
    pace = Pace(Timer(), most=1_000)
    pace.measured(TEXTS[:1], 0.001)
    slices = []
    for _ in range(20):
        pace.measured(TEXTS[:1], 0.01)
        slices.append(pace.slice(TEXTS))

    assert slices == sorted(slices, reverse=True)
    assert slices[-1] == 25


def test_a_text_that_takes_longer_than_a_slice_goes_alone() -> None:
    pace = Pace(Timer(), most=64)
    pace.measured(["x"], 1.0)

    assert pace.slice(TEXTS) == 1


def test_never_more_texts_than_are_allowed_or_there() -> None:
    pace = Pace(Timer(), most=64)
    pace.measured(TEXTS[:1], 1e-9)

    assert pace.slice(TEXTS) == 64
    assert pace.slice(TEXTS[:3]) == 3
