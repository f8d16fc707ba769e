"""English times that are reckoned from today: yesterday, last week, three days ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.retrieval.times import counts, periods
from memory_service.retrieval.times.counts import Count
from memory_service.retrieval.times.english_words import (
    CLAUSE_END,
    WEEKDAY,
    WEEKDAYS,
    WHICH,
    WHICHES,
    year_offset,
)
from memory_service.retrieval.times.periods import Periods, Unit, Which, days
from memory_service.retrieval.times.rules import rule

if TYPE_CHECKING:
    import re

#: Words for a day, by how far it is from today.
_DAYS = {
    "the day before yesterday": -2,
    "the night before last": -2,
    "yesterday": -1,
    "last night": -1,
    "last evening": -1,
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "tomorrow": 1,
    "the day after tomorrow": 2,
}
_OFFSETS = {Which.LAST: -1, Which.THIS: 0, Which.NEXT: 1}
#: A unit's name to whole units: `decade` to years; hours and minutes are dealt with apart.
_UNITS = {"day": (1, Unit.DAY), "week": (1, Unit.WEEK), "fortnight": (2, Unit.WEEK)}
_UNITS |= {"month": (1, Unit.MONTH), "year": (1, Unit.YEAR), "decade": (10, Unit.YEAR)}
_HOURS = {"second": 0, "minute": 0, "hour": 1, "night": 24}


def amount(match: re.Match[str]) -> tuple[Count, Unit]:
    """The groups `count` (1 if missing), `half` and `unit` as a number of whole units.

    Seconds, minutes and hours count as the days that they may reach into.
    """
    groups = match.groupdict()
    count = counts.english(groups["count"]) if groups.get("count") else counts.ONE
    name = groups["unit"]
    if name in _HOURS:
        hours = _HOURS[name]
        return Count(low=count.low * hours // 24, high=-(-count.high * hours // 24)), Unit.DAY
    factor, unit = _UNITS[name]
    count = Count(low=count.low * factor, high=count.high * factor)
    return counts.halved(count, unit) if groups.get("half") else (count, unit)


def _day(match: re.Match[str], today: int) -> Periods:
    offset = _DAYS[match[0]]
    return days(today + offset, today + offset)


def _ago(match: re.Match[str], today: int) -> Periods:
    count, unit = amount(match)
    return periods.around(count, unit, today, sign=-1)


def _half_ago(match: re.Match[str], today: int) -> Periods:
    count, unit = counts.halved(Count(low=0, high=0), _UNITS[match["unit"]][1])
    return periods.around(count, unit, today, sign=-1)


def _ahead(match: re.Match[str], today: int) -> Periods:
    count, unit = amount(match)
    return periods.around(count, unit, today, sign=1)


def _past(match: re.Match[str], today: int) -> Periods:
    count, unit = amount(match)
    return periods.stretch(count, unit, today, sign=-1)


def _recent(match: re.Match[str], today: int) -> Periods:
    return periods.stretch(counts.english("few"), _UNITS[match["unit"]][1], today, sign=-1)


def _coming(match: re.Match[str], today: int) -> Periods:
    count, unit = amount(match)
    return periods.stretch(count, unit, today, sign=1)


def _which(match: re.Match[str], today: int) -> Periods:
    return _whole(match["unit"], today, _OFFSETS[WHICHES[match["which"]]])


def _before_last(match: re.Match[str], today: int) -> Periods:
    return _whole(match["unit"], today, -2)


def _whole(name: str, today: int, offset: int) -> Periods:
    if name == "weekend":
        return periods.weekend(today + 7 * offset)
    return periods.whole(Unit(name), today, offset)


def _latest_weekend(_match: re.Match[str], today: int) -> Periods:
    begun = periods.monday(today) + 5 <= today
    return periods.weekend(today if begun else today - 7)


def _which_weekday(match: re.Match[str], today: int) -> Periods:
    return periods.weekday(WEEKDAYS[match["weekday"]], WHICHES[match["which"]], today)


def _latest_weekday(match: re.Match[str], today: int) -> Periods:
    return periods.weekday(WEEKDAYS[match["weekday"]], Which.LATEST, today)


def _weekday_of_week(match: re.Match[str], today: int) -> Periods:
    day = periods.monday(today) + 7 * year_offset(match["which"]) + WEEKDAYS[match["weekday"]]
    return days(day, day)


_UNIT = r"(?P<unit>second|minute|hour|day|week|fortnight|month|year|decade)"
_CALENDAR = r"(?P<unit>week|weekend|month|year)"
_COUNT = rf"(?P<count>{counts.ENGLISH})"
_SHORT = r"(?P<weekday>mon|tue|tues|thu|thur|thurs|fri)"
_DAY_PART = r"(?: (?:morning|afternoon|evening|night))?"

RELATIVE = (
    rule(
        r"\bthe day before yesterday\b|\bthe night before last\b|\byesterday\b|"
        r"\blast (?:night|evening)\b|(?<!\bago )\btoday\b(?!'s (?:world|society|age))|\btonight\b|"
        r"\bthis (?:morning|afternoon|evening)\b|\bthe day after tomorrow\b|\btomorrow\b",
        _day,
    ),
    rule(r"\bhalf (?:an? )?(?P<unit>week|month|year) ago\b", _half_ago),
    rule(rf"\b{_COUNT} and a (?P<half>half) {_UNIT}s? ago\b", _ago),
    rule(rf"\b{_COUNT}(?: more)? {_UNIT}s?(?P<half> and a half)? ago\b", _ago),
    rule(rf"\b{_COUNT} {_UNIT}s? from (?:now|today)\b", _ahead),
    rule(rf"\b(?:the )?(?:last|past|previous) {_COUNT} {_UNIT}s?\b(?! of\b)", _past),
    rule(
        rf"\b(?:(?:in|over|during|within|for|throughout) the (?:last|past)|the past) {_UNIT}\b"
        r"(?! of\b)",
        _past,
    ),
    rule(r"\brecent (?P<unit>day|week|month|year)s\b", _recent),
    rule(rf"\b(?:the )?(?:next|coming) {_COUNT} {_UNIT}s?\b(?! of\b)", _coming),
    rule(rf"\b(?:the )?{_CALENDAR} before last\b", _before_last),
    rule(
        rf"\b{WEEKDAY}{_DAY_PART}(?:,? of)? (?P<which>last|this|next) week\b",
        _weekday_of_week,
    ),
    rule(rf"\b(?P<which>last|this|next) week(?:'s|,? on)? {WEEKDAY}", _weekday_of_week),
    rule(
        rf"\b(?!(?<=\bthe )(?:last|next) (?:week|month|year)\b){WHICH} {_CALENDAR}"
        r"(?! (?:of|number|name|value|index)\b)(?![-\w])",
        _which,
    ),
    rule(r"\b(?:on|over|at|during) (?P<t>the weekend)(?! of\b)(?![-\w])", _latest_weekend),
    rule(rf"\b{WHICH} {WEEKDAY}", _which_weekday),
    rule(rf"\b{WHICH} {_SHORT}\b\.?", _which_weekday),
    rule(rf"\b(?:on|since|until|till|by|before|after) (?P<t>{WEEKDAY})", _latest_weekday),
    rule(rf"\bon (?P<t>{_SHORT}\b\.?)", _latest_weekday),
    rule(
        rf"(?<!\bevery )(?<!\beach )(?<!\bblack )(?<!\bgood )(?<!\bcyber )(?<!\bash )"
        rf"(?<!\bcasual )\b{WEEKDAY}{_DAY_PART}{CLAUSE_END}",
        _latest_weekday,
    ),
)
