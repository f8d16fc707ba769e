"""Every feature is what its name says, means the same under every model, and falls away alone."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.conversation import conversation
from memory_service.retrieval.features import FEATURES, GROUPS, Background, Columns, LegColumns
from tests.support.candidates import NAN, Row, surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Two sessions among each other, an entry of none, and one turn alone.
ROWS = (
    Row(id="a", cosine=0.10, bm25=4.0, session=7, speaker=0, length=3, asks=True),
    Row(id="b", cosine=0.90, bm25=0.0, session=7, speaker=1, length=9),
    Row(id="c", cosine=0.50, bm25=1.0, speaker=0, length=1, asks=True),
    Row(id="d", cosine=0.30, bm25=3.0, session=2, speaker=1, length=5, asks=True),
    Row(id="e", cosine=0.70, bm25=2.0, session=7, speaker=0, length=20),
    Row(id="f", cosine=0.20, bm25=0.5, session=2, speaker=0, length=5),
    Row(id="g", cosine=0.60, bm25=2.0, session=7, speaker=1, length=2, asks=True),
    Row(id="h", cosine=0.40, bm25=1.5, session=5, speaker=1, length=7),
)
COSINES = [row.cosine for row in ROWS]
BM25 = [row.bm25 for row in ROWS]
COVERAGE = [0.5, 0.0, 0.25, 1.0, 0.75, 0.1, 0.6, 0.3]
PEAK = 0.8
#: The rows of each session, in order.
SESSIONS = ((0, 1, 4, 6), (3, 5), (7,))


def columns(
    rows: Sequence[Row] = ROWS,
    *,
    cosines: Sequence[float] | None = COSINES,
    bm25: Sequence[float] | None = BM25,
    coverage: Sequence[float] | None = COVERAGE,
    peak: float = PEAK,
) -> Columns:
    ordinals = np.arange(1, len(rows) + 1)
    return Columns(
        LegColumns(
            cosines=None if cosines is None else np.array(cosines, np.float64),
            bm25=None if bm25 is None else np.array(bm25, np.float64),
            coverage=None if coverage is None else np.array(coverage, np.float64),
            peak=peak,
        ),
        conversation("What did Ann launch?", ordinals, surroundings(rows)),
    )


def stretched(scores: Sequence[float]) -> list[float]:
    low, high = min(scores), max(scores)
    return [(score - low) / (high - low) for score in scores]


DENSE, LEXICAL = stretched(COSINES), stretched(BM25)
BOTH = [0.4 * dense + 0.6 * lexical for dense, lexical in zip(DENSE, LEXICAL, strict=True)]
MEAN_LENGTH = fmean(row.length for row in ROWS)


def beside(row: int, step: int) -> int | None:
    """The row of the turn so many steps on."""
    for session in SESSIONS:
        if row in session and 0 <= session.index(row) + step < len(session):
            return session[session.index(row) + step]
    return None


def of(values: Sequence[float], row: int | None) -> float:
    return 0.0 if row is None else values[row]


def best_of_session(row: int) -> float:
    for session in SESSIONS:
        if row in session:
            return fmean(sorted((BOTH[turn] for turn in session), reverse=True)[:3])
    return 0.0


def asked_before(row: int) -> bool:
    before = beside(row, -1)
    return before is not None and ROWS[before].asks


#: Each feature of one row, as plainly as it can be said.
ORACLES: Mapping[str, Callable[[int], float]] = {
    "dense": lambda row: DENSE[row],
    "lexical": lambda row: LEXICAL[row],
    "best_leg": lambda row: max(DENSE[row], LEXICAL[row]),
    "dense_peak": lambda row: DENSE[row] * PEAK,
    "coverage": lambda row: COVERAGE[row],
    "neighbours": lambda row: max(of(BOTH, beside(row, -1)), of(BOTH, beside(row, 1))),
    "session": best_of_session,
    "speaker": lambda row: float(ROWS[row].session >= 0 and ROWS[row].speaker == 0),
    "length": lambda row: (
        np.log((1 + ROWS[row].length) / (1 + MEAN_LENGTH)) if ROWS[row].session >= 0 else 0.0
    ),
    "asks": lambda row: float(ROWS[row].session >= 0 and ROWS[row].asks),
    "answers_found": lambda row: of(BOTH, beside(row, -1)) if asked_before(row) else 0.0,
}

each_feature = pytest.mark.parametrize("name", FEATURES)


def test_every_feature_has_an_oracle_and_a_group() -> None:
    assert ORACLES.keys() == FEATURES.keys() == GROUPS.keys()


@each_feature
def test_a_feature_is_what_it_says(name: str) -> None:
    column = columns().of(name)

    assert column == pytest.approx([ORACLES[name](row) for row in range(len(ROWS))])


def test_there_is_no_other_feature() -> None:
    with pytest.raises(KeyError):
        columns().of("fame")


@pytest.mark.parametrize("name", ["dense", "dense_peak"])
def test_of_a_missing_dense_leg_nothing_is_told(name: str) -> None:
    assert columns(cosines=None).of(name).tolist() == [0.0] * len(ROWS)


@pytest.mark.parametrize("name", ["lexical", "coverage"])
def test_of_a_missing_lexical_leg_nothing_is_told(name: str) -> None:
    assert columns(bm25=None, coverage=None).of(name).tolist() == [0.0] * len(ROWS)


@pytest.mark.parametrize("name", ["neighbours", "session", "answers_found"])
def test_what_stands_around_is_judged_by_the_leg_that_is_there(name: str) -> None:
    words = columns(cosines=None).of(name)
    meaning = columns(bm25=None, coverage=None).of(name)

    assert words == pytest.approx(columns(cosines=BM25).of(name))
    assert meaning == pytest.approx(columns(bm25=COSINES).of(name))


@each_feature
def test_without_legs_and_conversations_every_feature_is_0(name: str) -> None:
    alone = [Row(id=row.id, length=row.length, asks=row.asks, speaker=0) for row in ROWS]

    column = columns(alone, cosines=None, bm25=None, coverage=None, peak=0.0).of(name)

    assert column.tolist() == [0.0] * len(ROWS)


@each_feature
def test_of_no_candidates_every_feature_is_empty(name: str) -> None:
    assert columns((), cosines=(), bm25=(), coverage=()).of(name).tolist() == []
    assert columns((), cosines=None, bm25=(), coverage=()).of(name).tolist() == []


@each_feature
def test_a_single_candidate_is_a_number(name: str) -> None:
    alone = columns(ROWS[:1], cosines=[0.3], bm25=[2.0], coverage=[0.5]).of(name)

    assert np.isfinite(alone).all()
    assert len(alone) == 1


def test_an_entry_without_a_vector_is_taken_at_its_words() -> None:
    cosines = [NAN, *COSINES[1:7], NAN]

    column = columns(cosines=cosines).of("dense")

    assert column[[0, 7]] == pytest.approx([LEXICAL[0], LEXICAL[7]])
    known = stretched(cosines[1:7])
    assert column[1:7] == pytest.approx(known)


ANY_COSINES = st.lists(
    st.floats(min_value=-1.0, max_value=1.0).map(lambda x: round(x, 3)),
    min_size=len(ROWS),
    max_size=len(ROWS),
)


@given(
    cosines=ANY_COSINES, share=st.floats(min_value=0.05, max_value=1.0), constant=st.floats(0, 0.9)
)
def test_a_direction_that_all_vectors_share_changes_no_feature(
    cosines: list[float], share: float, constant: float
) -> None:
    """Mixing one constant direction into all vectors makes `share * cosine + constant` of them."""
    tilted = [share * cosine + constant for cosine in cosines]
    background = Background(mean=0.1, deviation=0.2)
    moved = Background(mean=share * 0.1 + constant, deviation=share * 0.2)

    plain = columns(cosines=cosines, peak=background.peak(np.array(cosines)))
    other = columns(cosines=tilted, peak=moved.peak(np.array(tilted)))

    for name in FEATURES:
        assert other.of(name) == pytest.approx(plain.of(name), abs=1e-6), name


def test_the_best_cosine_counts_1_at_five_deviations() -> None:
    background = Background(mean=0.1, deviation=0.05)

    assert background.peak(np.array([0.0, 0.35, NAN, 0.1])) == pytest.approx(1.0)


@given(
    st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=9),
    st.floats(-1.0, 1.0),
    st.floats(0.0, 1.0),
)
def test_the_peak_is_bounded_and_grows_with_the_best_cosine(
    cosines: list[float], mean: float, deviation: float
) -> None:
    background = Background(mean=mean, deviation=deviation)

    lower, higher = (background.peak(np.array(some)) for some in (cosines, [*cosines, 1.0]))

    assert 0.0 <= lower <= higher <= 4.0


@pytest.mark.parametrize("deviation", [0.0, 1e-17])
def test_where_nothing_varies_nothing_stands_out(deviation: float) -> None:
    background = Background(mean=0.3, deviation=deviation)

    assert background.peak(np.array([0.9, 0.3])) == 0.0


def test_without_a_cosine_nothing_stands_out() -> None:
    background = Background(mean=0.3, deviation=0.1)

    assert background.peak(np.array([NAN, NAN])) == background.peak(np.array([])) == 0.0
