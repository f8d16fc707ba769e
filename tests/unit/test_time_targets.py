"""Laws of time targets: the calendar's borders, any text, and closeness."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.times.reading import time_targets
from memory_service.retrieval.times.targets import TimeTarget, closeness
from tests.support.times import days_named

EPOCH = date(1970, 1, 1)
DATES = st.dates()
FIRST_DAY, LAST_DAY = (date.min - EPOCH).days, (date.max - EPOCH).days
WORDS = re.findall(
    r"\S+",
    """
last next this past the week weekend month year days ago before after since until by between and to
from in on of early mid late end first second half quarter may march 7 7th 2023 0000 9999 999999 a
few couple two or three twenty-one hundred decade hours friday sunday sun fall spring christmas
2023-02-30 31/12/9999 feb 29 yesterday today tomorrow now recent years - , . ' 上 下 个 周 周末 五
月 年 日 号 天 前 后 以前 以来 到 和 之间 三 十 百 几 半 去年 前年 大前天 第一季度 底 初 上旬 最近
过去 的 九九九九年 0000年 13月 32日
""",
)
TEXTS = st.one_of(
    st.text(),
    st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=9).map("".join),
)
DAY = st.integers(min_value=-20_000, max_value=20_000)


@st.composite
def targets(draw: st.DrawFn) -> TimeTarget:
    first = draw(DAY)
    return TimeTarget(
        first_day=first,
        last_day=first + draw(st.integers(min_value=0, max_value=400)),
        tolerance=draw(st.floats(min_value=0.5, max_value=100)),
    )


@given(TEXTS, DATES)
def test_no_text_raises_and_every_target_is_in_the_calendar(text: str, today: date) -> None:
    for target in time_targets(text, today):
        assert FIRST_DAY <= target.first_day <= target.last_day <= LAST_DAY
        assert target.tolerance > 0


@given(st.integers(min_value=0, max_value=999_999), DATES)
def test_days_ago_are_counted_or_fall_off_the_calendar(number: int, today: date) -> None:
    expected = [] if number > (today - date.min).days else [str(today - timedelta(number))]

    assert days_named(f"{number} days ago", today) == expected
    assert days_named(f"{number}天前", today) == expected


@given(st.integers(min_value=1, max_value=30_000), DATES)
def test_months_ago_keep_the_day_or_take_the_months_last(number: int, today: date) -> None:
    year, month = divmod(12 * today.year + today.month - 1 - number, 12)
    expected = []
    if year >= 1:
        last = calendar.monthrange(year, month + 1)[1]
        expected = [str(date(year, month + 1, min(today.day, last)))]

    assert days_named(f"{number} months ago", today) == expected


@given(DATES, DATES)
def test_a_written_date_is_that_day_whatever_today_is(day: date, today: date) -> None:
    spelt = f"{calendar.month_name[day.month]} {day.day}, {day.year:04}"

    assert days_named(day.isoformat(), today) == [str(day)]
    assert days_named(spelt, today) == [str(day)]
    assert days_named(f"{day.year:04}年{day.month}月{day.day}日", today) == [str(day)]


@given(st.dates(min_value=date(10, 1, 1)), st.integers(min_value=1, max_value=12))
def test_a_month_without_a_year_is_the_last_that_has_begun(today: date, month: int) -> None:
    year = today.year if month <= today.month else today.year - 1
    last = calendar.monthrange(year, month)[1]

    named = days_named(f"in {calendar.month_name[month]}", today)

    assert named == [f"{date(year, month, 1)}/{date(year, month, last)}"]


@given(st.dates(min_value=date(1, 2, 1)), st.integers(min_value=0, max_value=6))
def test_a_weekday_is_the_nearest_one_not_after_today(today: date, weekday: int) -> None:
    week = [today - timedelta(days) for days in range(7)]
    expected = next(day for day in week if day.weekday() == weekday)

    assert days_named(f"on {calendar.day_name[weekday]}", today) == [str(expected)]


@given(st.dates(min_value=date(1, 2, 1)))
def test_last_week_runs_from_monday_to_sunday(today: date) -> None:
    monday = today - timedelta(today.weekday() + 7)

    assert days_named("last week", today) == [f"{monday}/{monday + timedelta(6)}"]


@pytest.mark.parametrize(
    ("query", "today", "expected"),
    [
        ("yesterday", date.min, []),
        ("tomorrow", date.max, []),
        ("last week", date.min, []),
        ("this year", date.min, ["0001-01-01/0001-12-31"]),
        ("next month", date.max, []),
        ("this winter", date.max, ["9999-12-01/9999-12-31"]),
        ("a year ago", date(2024, 2, 29), ["2023-02-28"]),
        ("February 29", date(2024, 2, 28), ["2020-02-29"]),
        ("February 29", date(1903, 1, 1), ["1896-02-29"]),
        ("last month", date(2024, 1, 15), ["2023-12-01/2023-12-31"]),
        ("in the last 999999 years", date(2024, 1, 15), ["0001-01-01/2024-01-15"]),
        ("after 9999-12-31", date(2024, 1, 15), []),
        ("before 0001-01-01", date(2024, 1, 15), []),
        ("1234567 days ago", date(2024, 1, 15), []),
    ],
)
def test_the_borders_of_the_calendar_and_leap_days(
    query: str, today: date, expected: list[str]
) -> None:
    assert days_named(query, today) == expected


def test_the_longer_ago_the_looser_a_time_is_meant() -> None:
    today = date(2023, 6, 14)
    queries = ["3 days ago", "2 weeks ago", "3 months ago", "2 years ago", "9 years ago"]

    tolerances = [time_targets(query, today)[0].tolerance for query in queries]

    assert tolerances == [2.0, 5.0, 10.0, 73.0, 328.7]


@given(st.lists(DAY, min_size=1), st.lists(targets(), max_size=4))
def test_closeness_is_that_to_the_nearest_target(days: list[int], named: list[TimeTarget]) -> None:
    def expected(day: int) -> float:
        best = 0.0
        for target in named:
            outside = max(target.first_day - day, 0, day - target.last_day)
            fallen = max(outside - target.tolerance, 0) / (2 * target.tolerance)
            best = max(best, 1.0 - min(fallen, 1.0))
        return best

    close = closeness(np.array(days, dtype=np.float64), named)

    assert close == pytest.approx([expected(day) for day in days])


@given(targets(), st.lists(st.integers(min_value=0, max_value=2_000), min_size=2))
def test_closeness_never_rises_with_the_distance(target: TimeTarget, steps: list[int]) -> None:
    further = np.array(sorted(steps), dtype=np.float64)

    for days in (target.last_day + further, target.first_day - further):
        close = closeness(days, [target])
        assert ((close >= 0.0) & (close <= 1.0)).all()
        assert (np.diff(close) <= 0.0).all()


def test_closeness_is_full_up_to_the_tolerance_and_gone_at_three_times_it() -> None:
    target = TimeTarget(first_day=100, last_day=106, tolerance=2.0)

    close = closeness(np.array([94.0, 96.0, 98.0, 103.0, 108.0, 110.0, 112.0]), [target])

    assert close.tolist() == [0.0, 0.5, 1.0, 1.0, 1.0, 0.5, 0.0]


def test_a_day_that_is_not_known_is_close_to_nothing() -> None:
    everything = TimeTarget(first_day=FIRST_DAY, last_day=LAST_DAY, tolerance=1.0)

    assert closeness(np.array([np.nan, 0.0]), [everything]).tolist() == [0.0, 1.0]
    assert closeness(np.array([0.0, 1.0]), ()).tolist() == [0.0, 0.0]
    assert closeness(np.array([]), [everything]).tolist() == []
