"""What English expressions of time mean on Wednesday, 14 June 2023, and what is none."""

from __future__ import annotations

import pytest

from tests.support.times import days_named

DAYS = [
    ("What did I say today?", "2023-06-14"),
    ("the plan for tonight", "2023-06-14"),
    ("this morning", "2023-06-14"),
    ("What did Ann write yesterday?", "2023-06-13"),
    ("yesterday evening", "2023-06-13"),
    ("last night", "2023-06-13"),
    ("the day before yesterday", "2023-06-12"),
    ("tomorrow", "2023-06-15"),
    ("the day after tomorrow", "2023-06-16"),
    ("last Friday", "2023-06-09"),
    ("last Wednesday", "2023-06-07"),
    ("this past Monday", "2023-06-12"),
    ("on Friday", "2023-06-09"),
    ("on Wednesday", "2023-06-14"),
    ("what happened Tuesday?", "2023-06-13"),
    ("the talk Sunday afternoon", "2023-06-11"),
    ("this Friday", "2023-06-16"),
    ("next Friday", "2023-06-16"),
    ("next Wednesday", "2023-06-21"),
    ("last fri.", "2023-06-09"),
    ("Friday last week", "2023-06-09"),
    ("last week on Friday", "2023-06-09"),
    ("Sunday of last week", "2023-06-11"),
    ("March 7", "2023-03-07"),
    ("July 4th", "2022-07-04"),
    ("March 7th, 2022", "2022-03-07"),
    ("mar. 7 2022", "2022-03-07"),
    ("December 1,2021", "2021-12-01"),
    ("7 May 2023", "2023-05-07"),
    ("the 7th of May", "2023-05-07"),
    ("on 7 may", "2023-05-07"),
    ("what was it on the 7th of May last year", "2022-05-07"),
    ("25 December", "2022-12-25"),
    ("2023-05-07", "2023-05-07"),
    ("notes of 2023-05-07T09:30", "2023-05-07"),
    ("2023/5/7", "2023-05-07"),
    ("25/7/2022", "2022-07-25"),
    ("Halloween 2021", "2021-10-31"),
    ("last New Year's Eve", "2022-12-31"),
    ("Feb 29", "2020-02-29"),
]

RANGES = [
    ("last week", "2023-06-05/2023-06-11"),
    ("this week", "2023-06-12/2023-06-18"),
    ("next week", "2023-06-19/2023-06-25"),
    ("the week before last", "2023-05-29/2023-06-04"),
    ("last weekend", "2023-06-10/2023-06-11"),
    ("over the weekend", "2023-06-10/2023-06-11"),
    ("this weekend", "2023-06-17/2023-06-18"),
    ("last month", "2023-05-01/2023-05-31"),
    ("this month", "2023-06-01/2023-06-30"),
    ("next month", "2023-07-01/2023-07-31"),
    ("last year", "2022-01-01/2022-12-31"),
    ("this year", "2023-01-01/2023-12-31"),
    ("the year before last", "2021-01-01/2021-12-31"),
    ("in March", "2023-03-01/2023-03-31"),
    ("in June", "2023-06-01/2023-06-30"),
    ("in December", "2022-12-01/2022-12-31"),
    ("during May", "2023-05-01/2023-05-31"),
    ("Which town, September?", "2022-09-01/2022-09-30"),
    ("in March 2021", "2021-03-01/2021-03-31"),
    ("Jan 2021", "2021-01-01/2021-01-31"),
    ("2021-05", "2021-05-01/2021-05-31"),
    ("last May", "2023-05-01/2023-05-31"),
    ("last June", "2022-06-01/2022-06-30"),
    ("this March", "2023-03-01/2023-03-31"),
    ("next May", "2024-05-01/2024-05-31"),
    ("in May of last year", "2022-05-01/2022-05-31"),
    ("in 2022", "2022-01-01/2022-12-31"),
    ("early May", "2023-05-01/2023-05-10"),
    ("mid-May", "2023-05-11/2023-05-20"),
    ("in late May 2022", "2022-05-21/2022-05-31"),
    ("at the beginning of November 2022", "2022-11-01/2022-11-10"),
    ("the end of last month", "2023-05-21/2023-05-31"),
    ("the first half of September 2022", "2022-09-01/2022-09-15"),
    ("the second week of November", "2022-11-08/2022-11-14"),
    ("the last week of May", "2023-05-25/2023-05-31"),
    ("early 2022", "2022-01-01/2022-04-30"),
    ("Q3 2022", "2022-07-01/2022-09-30"),
    ("summer 2021", "2021-06-01/2021-08-31"),
    ("the winter of 2021", "2021-12-01/2022-02-28"),
    ("last summer", "2022-06-01/2022-08-31"),
    ("last fall", "2022-09-01/2022-11-30"),
    ("during the summer", "2023-06-01/2023-08-31"),
    ("last Christmas", "2022-12-24/2022-12-26"),
    ("in the last 3 days", "2023-06-11/2023-06-14"),
    ("over the past two weeks", "2023-05-31/2023-06-14"),
    ("the past year", "2022-06-14/2023-06-14"),
    ("within the last few months", "2023-01-14/2023-06-14"),
    ("past 48 hours", "2023-06-12/2023-06-14"),
    ("in the next 3 days", "2023-06-14/2023-06-17"),
]

AGO = [
    ("3 days ago", "2023-06-11"),
    ("three days ago", "2023-06-11"),
    ("twenty-one days ago", "2023-05-24"),
    ("a week ago", "2023-06-07"),
    ("two weeks ago", "2023-05-31"),
    ("half a year ago", "2022-12-14"),
    ("a year and a half ago", "2021-12-14"),
    ("two and a half years ago", "2020-12-14"),
    ("a decade ago", "2013-06-14"),
    ("a few days ago", "2023-06-09/2023-06-12"),
    ("a couple of months ago", "2023-03-14/2023-04-14"),
    ("two or three weeks ago", "2023-05-24/2023-05-31"),
    ("two weeks from now", "2023-06-28"),
]

AROUND = [
    ("since 2021", ["2021-01-01/2023-06-14"]),
    ("since last week", ["2023-06-05/2023-06-14"]),
    ("before 2021", ["0001-01-01/2020-12-31"]),
    ("how many had she won by July 10, 2022", ["0001-01-01/2022-07-10"]),
    ("until March", ["0001-01-01/2023-03-31"]),
    ("after May 7, 2023", ["2023-05-08/9999-12-31"]),
    ("between 3 May and 7 May", ["2023-05-03/2023-05-07"]),
    ("between August 11 and August 15 2021", ["2021-08-11/2021-08-15"]),
    ("from 3 May 2021 to 7 June", ["2021-05-03/2021-06-07"]),
    ("May 3-7", ["2023-05-03/2023-05-07"]),
    ("from March to May", ["2023-03-01/2023-05-31"]),
    ("from November to March 2022", ["2021-11-01/2022-03-31"]),
    ("between 2009 and 2014", ["2009-01-01/2014-12-31"]),
    ("2021-05-03 to 2021-05-07", ["2021-05-03/2021-05-07"]),
    ("the week before May 7, 2023", ["2023-04-30/2023-05-06", "2023-05-07"]),
    ("two weeks before May 15, 2023", ["2023-05-01", "2023-05-15"]),
    ("the Sunday before May 9, 2023", ["2023-05-07", "2023-05-09"]),
    ("last weekend before April 10, 2023", ["2023-04-08/2023-04-09", "2023-04-10"]),
    ("the day after last Friday", ["2023-06-10", "2023-06-09"]),
    ("5/7/2022", ["2022-05-07", "2022-07-05"]),
    ('"yesterday" or last week', ["2023-06-13", "2023-06-05/2023-06-11"]),
]

NONE = """
You may be right about this
this may be wrong
the state it is in may be stale
May I come in?
I march 7 miles a day
we march on
wait a second
the second item
the fall of Rome
does this fall under the policy?
did it fall in the water
sun exposure and sun hats
I sat on the deck
spring boot configuration
how do I configure beans in spring boot
April said hello to June
a gift from August
When did it happen?
Which month did she move?
How long ago did we meet?
How many weeks ago was that?
What year did he start?
the last item
the last year of his life
file last modified
add a month to a date
get last month number
every Friday
Black Friday
on Fridays
in 2001 patients
2000 steps a day
V-2012 engine
version 1.2.3
at 3/4 of the way
20-40% of rats
14 years of age
after 12 weeks of treatment
6 months old
in today's world
Oct4 and OCT-4
Julian, Janet, Marseille, Augustus, Mayor
the 7 may have failed
in Jan's office
recently
not long ago
many years ago
at the end of the day
the next day
early bird, late fee
February 30
February 29, 2023
2023-13-01
""".strip().splitlines()


@pytest.mark.parametrize(("query", "expected"), DAYS + RANGES + AGO)
def test_an_expression_names_one_range(query: str, expected: str) -> None:
    assert days_named(query) == [expected]


@pytest.mark.parametrize(("query", "expected"), AROUND)
def test_words_around_a_date_change_what_it_names(query: str, expected: list[str]) -> None:
    assert days_named(query) == expected


@pytest.mark.parametrize("query", NONE)
def test_a_word_that_only_looks_like_a_time_names_none(query: str) -> None:
    assert days_named(query) == []


@pytest.mark.parametrize(("query", "expected"), DAYS + RANGES)
def test_case_quotation_marks_and_spacing_change_nothing(query: str, expected: str) -> None:
    spread = query.upper().replace(" ", "  \n")

    assert days_named(f"\u201c{spread}\u201d") == [expected]


def test_a_question_about_when_still_names_the_days_it_mentions() -> None:
    assert days_named("When did Ann go camping in March?") == ["2023-03-01/2023-03-31"]
