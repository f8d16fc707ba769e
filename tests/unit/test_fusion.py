"""Fusion orders one answer; what it promises about order, missing legs and scripts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.fusion import fuse, min_max, mostly_latin, order

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


def test_the_legs_are_mixed_by_weight() -> None:
    fused = fuse(array(0.0, 1.0, 0.5), array(8.0, 0.0, 4.0), dense_weight=0.25)

    assert fused.tolist() == [0.75, 0.25, 0.5]


def test_a_missing_leg_leaves_all_the_weight_to_the_other() -> None:
    cosines, bm25 = array(0.1, 0.3, 0.2), array(5.0, 1.0, 3.0)

    assert fuse(cosines, None, dense_weight=0.1).tolist() == min_max(cosines).tolist()
    assert fuse(None, bm25, dense_weight=0.9).tolist() == min_max(bm25).tolist()


def test_without_a_lexical_match_the_dense_leg_decides_alone() -> None:
    cosines = array(0.1, 0.3, 0.2)

    fused = fuse(cosines, array(0.0, 0.0, 0.0), dense_weight=0.1)

    assert fused.tolist() == min_max(cosines).tolist()


def test_two_missing_legs_are_refused() -> None:
    with pytest.raises(ValueError, match="one leg"):
        fuse(None, None, dense_weight=0.5)


@given(LEG, st.data(), st.floats(min_value=0.0, max_value=1.0))
def test_a_better_candidate_on_both_legs_never_comes_later(
    cosines: list[float], data: st.DataObject, weight: float
) -> None:
    bm25 = data.draw(st.lists(SCORE.map(abs), min_size=len(cosines), max_size=len(cosines)))

    fused = fuse(np.array(cosines), np.array(bm25), dense_weight=weight)

    for a in range(len(cosines)):
        for b in range(len(cosines)):
            if cosines[a] >= cosines[b] and bm25[a] >= bm25[b]:
                assert fused[a] >= fused[b] - 1e-12


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
