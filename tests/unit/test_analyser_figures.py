"""Laws of dates and grouped numbers: found in every spelling."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.index.analysis.analyser import Analyser

ENGLISH = Analyser()
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
days = st.dates(date(1000, 1, 1), date(2999, 12, 31))


def indexed(text: str) -> set[str]:
    return set(ENGLISH.index_terms(text))


def asked(text: str) -> set[str]:
    return {word.term for word in ENGLISH.query_terms(text)}


def spellings(day: date) -> list[str]:
    """A day in every spelling that names its year and can be read in one way alone."""
    month, year, number = MONTHS[day.month - 1], day.year, day.day
    return [
        f"{number} {month} {year}",
        f"{number}th of {month[:3].lower()}. {year}",
        f"{month} {number}, {year}",
        f"{month.upper()} {number}th {year}",
        f"{month[:3]} {number},{year}",
        day.isoformat(),
        f"{year}/{day.month}/{number}",
        f"{year}.{day.month:02}.{number:02}",
        f"{year}年{day.month}月{number}日",
        f"{year} 年 {day.month} 月 {number} 号",
        *(
            [f"{number}/{day.month}/{year}", f"{day.month}/{number}/{year}"]
            if number > 12 or number == day.month
            else []
        ),
    ]


def yearless(day: date) -> list[str]:
    month = MONTHS[day.month - 1]
    return [f"{day.day} {month}", f"{month} {day.day}th", f"{day.month}月{day.day}日"]


@given(days)
def test_a_day_is_found_in_every_spelling(day: date) -> None:
    entries = [indexed(f"Ann came: {entry}, in the rain.") for entry in spellings(day)]
    queries = [asked(query) for query in spellings(day)]

    for entry, query in product(entries, queries):
        assert query <= entry


@given(days)
def test_a_day_is_found_without_its_year_and_by_its_month(day: date) -> None:
    months = (f"{MONTHS[day.month - 1]} {day.year}", f"{day.year}-{day.month:02}")
    less = [asked(query) for query in (*yearless(day), *months)]

    for entry in map(indexed, spellings(day)):
        assert all(query <= entry for query in less)
    for entry in map(indexed, yearless(day)):
        assert all(query & entry for query in map(asked, spellings(day)))


@given(days, days)
def test_another_day_lacks_the_days_term(one: date, other: date) -> None:
    for entry, query in zip(spellings(one), spellings(other), strict=False):
        assert (other.isoformat() in indexed(entry)) is (one == other)
        assert other.isoformat() in asked(query)


def test_an_entrys_header_meets_a_query_by_date() -> None:
    header = indexed("[2023-05-07] Ann: we went to the lake")

    for query in (
        "7 May 2023",
        "May 7th",
        "on May 7, 2023",
        "May 2023",
        "5月7日",
        "5月",
        "2023-05",
    ):
        assert asked(query) - {"on"} <= header


def test_a_months_name_is_left_to_what_is_said_with_it() -> None:
    assert asked("May we come?") == {"may", "come"}
    assert "may" not in indexed("[2023-05-07] Ann: we came")
    assert "may" in indexed("Ann came on 7 May 2023")


@pytest.mark.parametrize(
    "text",
    [
        "07/05/2023", "2023-02-29", "31 April", "2023-13-01", "0 May 2023", "2009-2012",
        "2 decades", "May 7-9", "1.5.13", "2024.1.2", "CVE-2023-12", "12023-05-07", "2023-05-071",
    ],
)  # fmt: skip
def test_what_is_no_date_or_could_be_two_is_none(text: str) -> None:
    assert not {term for term in indexed(text) if term.startswith(("2023-", "--"))}


def test_a_date_beside_other_text_leaves_it_whole() -> None:
    assert {"log", "txt", "2023-05-07"} <= indexed("log_2023-05-07.txt")
    assert {"t10", "30", "2023-05-07"} <= indexed("2023-05-07T10:30")
    assert {"上海", "2023-05-07"} <= indexed("我2023年5月7日去上海")


@given(st.integers(1_000, 999_999_999))
def test_a_number_is_found_however_it_is_grouped(number: int) -> None:
    plain, commas = str(number), f"{number:,}"
    narrow, unbreakable = commas.replace(",", "\u202f"), commas.replace(",", "\u00a0")

    for entry, query in product((plain, commas, narrow, unbreakable), repeat=2):
        assert asked(query) == {plain}
        assert plain in indexed(f"It took ({entry}) steps")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("1 000 and 20 050 300", {"1000", "20050300"}),
        ("$1,234.50", {"1234.50"}),
        ("10,000km", {"10000", "km"}),
        ("3.5", {"3.5"}),
        ("flat 3 100 people", {"flat", "3", "100", "people", "peopl"}),
        ("1,2,3", {"1", "2", "3"}),
        ("12,34,567", {"12", "34", "567"}),
        ("0 000", {"0", "000"}),
    ],
)
def test_what_a_query_asks_of_numbers(text: str, terms: set[str]) -> None:
    assert asked(text) <= terms
    assert not any(term not in asked(text) for term in terms if term[0].isdigit())


def test_groups_of_a_number_are_found_alone_as_well() -> None:
    assert indexed("rgb(255,128,100)") == {"rgb", "255128100", "255", "128", "100"}
