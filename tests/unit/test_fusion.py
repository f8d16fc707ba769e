"""What makes two legs comparable: one scale, one order, one script."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.fusion import min_max, mostly_latin, order

SCORE = st.floats(min_value=-1.0, max_value=1.0, allow_nan=False).map(lambda x: round(x, 6))
LEG = st.lists(SCORE, min_size=1, max_size=12)


def array(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, dtype=np.float64)


def test_min_max_stretches_to_the_unit_interval() -> None:
    stretched = min_max(array(2.0, 4.0, 3.0))

    assert stretched.tolist() == [0.0, 1.0, 0.5]


def test_an_entry_without_a_score_counts_as_the_minimum() -> None:
    stretched = min_max(array(np.nan, 0.2, 0.6))

    assert stretched.tolist() == [0.0, 0.0, 1.0]


def test_a_leg_of_one_value_puts_nobody_below_the_best() -> None:
    assert min_max(array(0.3, np.nan, 0.3)).tolist() == [1.0, 0.0, 1.0]


def test_a_leg_without_any_score_says_nothing() -> None:
    assert min_max(array(np.nan, np.nan)).tolist() == [0.0, 0.0]
    assert min_max(array()).tolist() == []


@given(
    st.lists(st.one_of(SCORE, st.just(np.nan)), max_size=12),
    st.floats(min_value=0.01, max_value=100.0),
    st.floats(min_value=-10.0, max_value=10.0),
)
def test_neither_unit_nor_origin_of_the_scores_matters(
    scores: list[float], unit: float, origin: float
) -> None:
    other = min_max(unit * np.array(scores) + origin)

    assert other == pytest.approx(min_max(np.array(scores)), abs=1e-6)


@given(LEG)
def test_stretching_keeps_the_order(scores: list[float]) -> None:
    stretched = min_max(np.sort(np.array(scores)))

    assert (np.diff(stretched) >= 0.0).all()
    assert (stretched.min() >= 0.0, stretched.max()) == (True, 1.0)


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=12), st.randoms())
def test_the_order_falls_and_ties_go_by_id_whatever_the_rows(
    values: list[float], random: object
) -> None:
    ids = [f"id-{number}" for number in range(len(values))]
    rows = list(zip(ids, values, strict=True))
    random.shuffle(rows)  # type: ignore[attr-defined]  # hypothesis types it as object

    places = order(np.array([value for _, value in rows]), [id for id, _ in rows])

    expected = sorted(rows, key=lambda row: (-row[1], row[0]))
    assert [rows[place] for place in places] == expected


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("when is the launch?", True),
        ("Wo wächst der größte Baum?", True),
        ("ＦＵＬＬ ＷＩＤＴＨ", True),  # noqa: RUF001  # the point of the case
        ("12:30 — 14:00", True),
        ("发射什么时候？", False),  # noqa: RUF001  # as a Chinese reader writes it
        ("когда запуск", False),
        ("GPT-4 的发布日期是什么时候", False),
        ("Please find the 発射 entry", True),
    ],
)
def test_the_script_of_a_query_is_that_of_most_of_its_letters(text: str, latin: bool) -> None:
    assert mostly_latin(text) is latin
