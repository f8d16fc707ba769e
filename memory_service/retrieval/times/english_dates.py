"""English dates: days, months, seasons and years that are named.

A name without a year means the most recent one that has begun.  Names that are ordinary words or
people's names as well (`may`, `march`, `april`, `june`, `august`, the short forms) need a day, a
year, or a word before them that only a time follows.  A season is the northern one.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from memory_service.retrieval.times import periods
from memory_service.retrieval.times.english_words import (
    CLAUSE_END,
    MONTH,
    NO_SEASON,
    NO_VERB,
    NOTHING_COUNTED,
    PLAIN_MONTH,
    SEASON,
    SEASONS,
    WHICH,
    WHICHES,
    YEAR_AFTER,
    month_number,
    year_offset,
)
from memory_service.retrieval.times.periods import Periods, Which, days
from memory_service.retrieval.times.rules import rule

if TYPE_CHECKING:
    import re

_DAY = (
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
    r"(?: ?(?:-|\u2013|to|through) ?(?P<until>\d{1,2})(?:st|nd|rd|th)?)?"
)
_ALONE = r"(?<![\d.,:/-])"
_YEAR = r"(?P<year>(?:1[89]|20|21)\d\d)\b(?![-/.,:]?\d|[-\u2013]\w)"
_HOLIDAY = (
    r"(?P<holiday>christmas(?: eve)?|xmas|new year'?s (?:eve|day)|halloween|valentine'?s(?: day)?)"
    r"(?![\w-])"
)
_HOLIDAYS = {
    "christmas eve": (12, 24, 24),
    "christmas": (12, 24, 26),
    "xmas": (12, 24, 26),
    "new years eve": (12, 31, 31),
    "new years day": (1, 1, 1),
    "halloween": (10, 31, 31),
    "valentines": (2, 14, 14),
    "valentines day": (2, 14, 14),
}


def _iso_day(match: re.Match[str], _today: int) -> Periods:
    year, month, day = (int(match[name]) for name in ("year", "month", "day"))
    return periods.named_days(year, month, day, day)


def _slashed(match: re.Match[str], _today: int) -> Periods:
    """`5/7/2023` is either of two days; both are meant, as far as they exist."""
    first, second, year = int(match["a"]), int(match["b"]), int(match["year"])
    readings = dict.fromkeys([(first, second), (second, first)])
    return tuple(
        period for month, day in readings for period in periods.named_days(year, month, day, day)
    )


def _iso_month(match: re.Match[str], _today: int) -> Periods:
    month = int(match["month"])
    return periods.month(12 * int(match["year"]) + month - 1) if 1 <= month <= 12 else ()


def _named_day(match: re.Match[str], today: int) -> Periods:
    month, first = month_number(match["month"]), int(match["day"])
    last = int(match["until"] or first)
    make = partial(periods.named_days, month=month, first=first, last=last)
    year = _year_of(match, today)
    return periods.recurring(make, Which.LATEST, today) if year is None else make(year)


def _named_month(match: re.Match[str], today: int) -> Periods:
    year = _year_of(match, today)
    make = _month_maker(match["month"])
    return periods.recurring(make, Which.LATEST, today) if year is None else make(year)


def _which_month(match: re.Match[str], today: int) -> Periods:
    return periods.recurring(_month_maker(match["month"]), WHICHES[match["which"]], today)


def _months(match: re.Match[str], today: int) -> Periods:
    """`from march to may 2023`; the first month's year is the last before the second's end."""
    second = _named_month(match, today)
    for last in second:
        name = match["first"]
        for first in periods.recurring(_month_maker(name), Which.LATEST, last.last):
            return days(first.first, last.last, last.tolerance)
    return ()


def _named_season(match: re.Match[str], today: int) -> Periods:
    year = _year_of(match, today)
    return () if year is None else periods.season(year, SEASONS[match["season"]])


def _which_season(match: re.Match[str], today: int) -> Periods:
    make = partial(periods.season, first_month=SEASONS[match["season"]])
    return periods.recurring(make, WHICHES[match["which"]], today)


def _latest_season(match: re.Match[str], today: int) -> Periods:
    make = partial(periods.season, first_month=SEASONS[match["season"]])
    return periods.recurring(make, Which.LATEST, today)


def _holiday_maker(name: str) -> partial[Periods]:
    month, first, last = _HOLIDAYS[name.replace("'", "")]
    return partial(periods.named_days, month=month, first=first, last=last)


def _which_holiday(match: re.Match[str], today: int) -> Periods:
    return periods.recurring(_holiday_maker(match["holiday"]), WHICHES[match["which"]], today)


def _named_holiday(match: re.Match[str], _today: int) -> Periods:
    return _holiday_maker(match["holiday"])(int(match["year"]))


def _years(match: re.Match[str], _today: int) -> Periods:
    first, last = periods.year(int(match["first"])), periods.year(int(match["year"]))
    return days(first[0].first, last[0].last, periods.YEAR_GRACE)


def _named_year(match: re.Match[str], _today: int) -> Periods:
    return periods.year(int(match["year"]))


def _month_maker(name: str) -> partial[Periods]:
    return partial(_month_in, month=month_number(name))


def _month_in(year: int, month: int) -> Periods:
    return periods.month(12 * year + month - 1)


def _year_of(match: re.Match[str], today: int) -> int | None:
    if match["year"]:
        return int(match["year"])
    if match["which"]:
        return date.fromordinal(today).year + year_offset(match["which"])
    return None


_NAME = MONTH.replace("(?P<month>", "(?P<first>")
_TO = r"(?:to|and|until|till|through)"
_BEFORE_MONTH = (
    r"(?:in|during|since|until|till|before|after|throughout|through|early|mid|late|"
    r"(?:beginning|start|middle|end|half|week|weekend|month) (?:of|in))"
)
_BEFORE_YEAR = (
    r"(?:in|during|since|until|till|by|before|after|around|throughout|from|year|early|mid|late|"
    r"q[1-4](?: of)?|(?:beginning|start|middle|end|half|quarter) of)"
)

# `7 may` is a day after these words, or where nothing follows that could be its verb.
_PLAIN_DAY = (
    r"(?:"
    + "|".join(
        rf"(?<=\b{word} )\d"
        for word in (
            *("on", "by", "since", "from", "until", "till", "before", "after", "between"),
            *("may to", "may and", "march to", "march and"),
        )
    )
    + rf"|\d+ (?:may|mar(?:ch)?){CLAUSE_END})"
)

DATES = (
    rule(
        rf"{_ALONE}(?P<year>\d{{4}})([-/])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}})(?!\d|[-/.]\d)",
        _iso_day,
    ),
    rule(rf"{_ALONE}(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})/(?P<year>(?:19|20)\d\d)(?![\d/-])", _slashed),
    rule(r"(?<![\w./-])(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)(?![\w/-]|\.\d)", _iso_month),
    rule(rf"{_ALONE}\b(?:the )?{_DAY} (?:of )?{MONTH}{YEAR_AFTER}{NOTHING_COUNTED}", _named_day),
    rule(
        rf"\b{MONTH} (?:the )?{_DAY}(?![\w%]|[:.]\d){NOTHING_COUNTED}"
        rf"(?:{YEAR_AFTER}{NOTHING_COUNTED})?",
        _named_day,
    ),
    # Without a year, `may`, `march` and `mar` need more than a number before them.
    rule(
        rf"{_ALONE}\b(?:the )?{_DAY} (?:of )?(?!may\b|mar(?:ch)?\b){MONTH}{YEAR_AFTER}?",
        _named_day,
    ),
    rule(
        rf"{_ALONE}\b(?:the )?(?=\d+(?:st|nd|rd|th)|\d+ of|{_PLAIN_DAY}){_DAY} (?:of )?{MONTH}"
        rf"{NO_VERB}{YEAR_AFTER}?",
        _named_day,
    ),
    rule(rf"\b(?:from|between) {_NAME} {_TO} {MONTH}(?![-/\w]){NO_VERB}{YEAR_AFTER}?", _months),
    rule(
        rf"\b(?!may,? (?:this|next|last) year\b(?!{CLAUSE_END})){MONTH}{YEAR_AFTER}(?![-/]\d)"
        rf"{NOTHING_COUNTED}",
        _named_month,
    ),
    rule(
        rf"\b(?!this (?:may|march)\b(?!{CLAUSE_END})){WHICH} {MONTH}(?![-/\w]){NO_VERB}",
        _which_month,
    ),
    rule(
        rf"\b{_BEFORE_MONTH}[ -](?:the )?(?:early |mid |late |mid-)?(?P<t>{MONTH})"
        rf"(?![-/\w]|'s\b){NO_VERB}{YEAR_AFTER}?",
        _named_month,
    ),
    rule(rf"\b{PLAIN_MONTH}(?![-/\w]){YEAR_AFTER}?", _named_month),
    rule(rf"\b{SEASON}{YEAR_AFTER}{NOTHING_COUNTED}", _named_season),
    rule(rf"\b{WHICH} {SEASON}{NO_SEASON}", _which_season),
    rule(rf"\b(?:in|during|over) (?P<t>the {SEASON})(?! of\b){NO_SEASON}", _latest_season),
    rule(rf"\b{WHICH} {_HOLIDAY}", _which_holiday),
    rule(rf"\b{_HOLIDAY},? (?:of |in )?{_YEAR}", _named_holiday),
    rule(
        rf"\b(?:from|between|in|during) (?P<first>(?:1[89]|20|21)\d\d)(?: ?[-\u2013] ?| {_TO} )"
        rf"{_YEAR}{NOTHING_COUNTED}",
        _years,
    ),
    rule(
        rf"\b{_BEFORE_YEAR}[ -](?:the )?(?:year |early |mid |late |mid-)?(?P<t>{_YEAR})"
        rf"{NOTHING_COUNTED}",
        _named_year,
    ),
)
