"""Days, weeks, months, seasons and years as ranges of whole days.

A day is its proleptic Gregorian ordinal, as `datetime.date.toordinal` gives it.  Whatever lies
outside of the years 1 to 9999 is cut off there, and a range wholly outside is none at all: nothing
here overflows.  Weeks run from Monday to Sunday.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from memory_service.retrieval.times.counts import Count

FIRST = date.min.toordinal()
LAST = date.max.toordinal()

#: Days of grace around a named range, by what names it.
DAY_GRACE, WEEK_GRACE, MONTH_GRACE, SEASON_GRACE, YEAR_GRACE = 1.0, 2.0, 3.0, 7.0, 7.0


_YEAR_LENGTHS = (365, 366)


class Unit(StrEnum):
    """What is counted."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_GRACE = {
    Unit.DAY: DAY_GRACE,
    Unit.WEEK: WEEK_GRACE,
    Unit.MONTH: MONTH_GRACE,
    Unit.YEAR: YEAR_GRACE,
}
#: Days of grace around `a unit ago` and `several units ago`.
_AWAY = {
    Unit.DAY: (2.0, 2.0),
    Unit.WEEK: (3.0, 5.0),
    Unit.MONTH: (7.0, 10.0),
    Unit.YEAR: (30.0, 30.0),
}


class Which(StrEnum):
    """Which of the recurring ones (each March, each Friday) is meant, seen from today.

    `LATEST`: the last that has begun.  `LAST`: the last that is over.  `THIS`: the one of this
    year or week.  `NEXT`: the first that has not begun.
    """

    LATEST = "latest"
    LAST = "last"
    THIS = "this"
    NEXT = "next"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days from `first` to `last`, both included.

    `floating`: the year was not named but chosen, and may give way to one named beside it.
    """

    first: int
    last: int
    tolerance: float
    floating: bool = False


#: What an expression means: one period, several if it is ambiguous, none if there is no such day.
Periods = tuple[Period, ...]


def days(first: int, last: int, tolerance: float = DAY_GRACE) -> Periods:
    """The days from *first* to *last*, as far as the calendar has them."""
    first, last = max(first, FIRST), min(last, LAST)
    return (Period(first=first, last=last, tolerance=tolerance),) if first <= last else ()


def ordinal(year: int, month: int, day: int) -> int | None:
    """The ordinal of a date, `None` if there is none such."""
    try:
        return date(year, month, day).toordinal()
    except ValueError:
        return None


def named_days(year: int, month: int, first: int, last: int) -> Periods:
    """Day *first* to day *last* of a month; none when one of both does not exist."""
    ends = ordinal(year, month, first), ordinal(year, month, last)
    return () if ends[0] is None or ends[1] is None else days(ends[0], ends[1])


def month_index(day: int) -> int:
    """Months since the year 0, of the month that holds *day*."""
    when = date.fromordinal(day)
    return 12 * when.year + when.month - 1


def month(index: int) -> Periods:
    """The month of this index."""
    return days(_begin(index), _begin(index + 1) - 1, MONTH_GRACE)


def season(year: int, first_month: int) -> Periods:
    """Three months from *first_month* of *year* on; a winter ends in the year after."""
    index = 12 * year + first_month - 1
    return days(_begin(index), _begin(index + 3) - 1, SEASON_GRACE)


def year(number: int) -> Periods:
    """A calendar year."""
    return days(_begin(12 * number), _begin(12 * number + 12) - 1, YEAR_GRACE)


def week(day: int) -> Periods:
    """The week that holds *day*."""
    return days(monday(day), monday(day) + 6, WEEK_GRACE)


def weekend(day: int) -> Periods:
    """Saturday and Sunday of the week that holds *day*."""
    return days(monday(day) + 5, monday(day) + 6)


def monday(day: int) -> int:
    """The Monday of the week that holds *day*."""
    return day - (day - 1) % 7


def whole(unit: Unit, today: int, offset: int) -> Periods:
    """The calendar day, week, month or year that is *offset* units away from today's."""
    if unit is Unit.DAY:
        return days(today + offset, today + offset)
    if unit is Unit.WEEK:
        return week(today + 7 * offset)
    if unit is Unit.MONTH:
        return month(month_index(today) + offset)
    return year(date.fromordinal(today).year + offset)


def moved(day: int, count: int, unit: Unit) -> int:
    """*day* moved by so many units; a month too short for it gives its last day.

    Beyond the calendar the result is some day beyond the calendar.
    """
    if unit is Unit.DAY or unit is Unit.WEEK:
        return day + (count if unit is Unit.DAY else 7 * count)
    index = month_index(day) + (count if unit is Unit.MONTH else 12 * count)
    begin = _begin(index)
    if begin > LAST:
        return begin
    return min(begin + date.fromordinal(day).day - 1, _begin(index + 1) - 1)


def around(count: Count, unit: Unit, day: int, *, sign: int) -> Periods:
    """The day that lies so many units before (*sign* -1) or after (1) *day*.

    The tolerance grows with the unit, and is a tenth of the distance at least: nobody means 400
    weeks ago to the day.
    """
    ends = sorted(moved(day, sign * number, unit) for number in (count.low, count.high))
    one, several = _AWAY[unit]
    distance = min(abs(day - end) for end in ends)
    tolerance = max(one if count.high <= 1 else several, distance / 10)
    return days(ends[0], ends[1], tolerance)


def stretch(count: Count, unit: Unit, today: int, *, sign: int) -> Periods:
    """All days from so many units before (*sign* -1) or after (1) today, to today."""
    ends = sorted((today, moved(today, sign * count.high, unit)))
    return days(ends[0], ends[1], _GRACE[unit])


def recurring(make: Callable[[int], Periods], which: Which, today: int) -> Periods:
    """Of what comes once a year (*make* gives a year's, or none), the one that is meant.

    Looks nine years back or ahead: as far as two leap days can lie apart, and one more.
    """
    now = date.fromordinal(today).year
    if which is Which.NEXT:
        return _first(make, range(now, now + 10), lambda period: period.first > today)
    if which is Which.THIS:
        running = _first(make, range(now - 1, now), lambda period: period.last >= today)
        return running or make(now)
    past = range(now, now - 10, -1)
    if which is Which.LAST:
        return _first(make, past, lambda period: period.last < today)
    latest = _first(make, past, lambda period: period.first <= today)
    return tuple(replace(period, floating=True) for period in latest)


def weekday(number: int, which: Which, today: int) -> Periods:
    """The day of the week (Monday is 0) that is meant; the latest may be today."""
    this = monday(today) + number
    day = {
        Which.LATEST: today - (today - this) % 7,
        Which.LAST: today - 1 - (today - 1 - this) % 7,
        Which.THIS: this,
        Which.NEXT: today + 1 + (this - today - 1) % 7,
    }[which]
    return days(day, day)


def part(period: Period, number: int, of: int) -> Periods:
    """The part of this number (from 0) when *period* is cut into *of* equal parts.

    A year is cut by its months (*of* divides 12), anything shorter by its days.
    """
    length = period.last - period.first + 1
    if length in _YEAR_LENGTHS:
        index = month_index(period.first)
        cuts = [_begin(index + 12 * cut // of) for cut in (number, number + 1)]
    else:
        cuts = [period.first + length * cut // of for cut in (number, number + 1)]
    return days(cuts[0], cuts[1] - 1, min(period.tolerance, MONTH_GRACE))


def adjoining(period: Period, unit: Unit, *, earlier: bool) -> Periods:
    """The days of one unit that end before *period* begins, or begin after it ends."""
    if earlier:
        return days(moved(period.first, -1, unit), period.first - 1)
    return days(period.last + 1, moved(period.last, 1, unit))


def in_other_year(period: Period, years: int) -> Period | None:
    """*period* so many years later, `None` beyond the calendar."""
    ends = [moved(end, years, Unit.YEAR) for end in (period.first, period.last)]
    shifted = days(ends[0], ends[1], period.tolerance)
    return shifted[0] if shifted and FIRST <= ends[0] <= ends[1] <= LAST else None


def years_between(first: int, second: int) -> int:
    """The difference of the calendar years of two days."""
    return date.fromordinal(second).year - date.fromordinal(first).year


def _first(
    make: Callable[[int], Periods], years: Iterable[int], fits: Callable[[Period], bool]
) -> Periods:
    found = (period for number in years for period in make(number) if fits(period))
    return tuple(period for period in [next(found, None)] if period is not None)


def _begin(index: int) -> int:
    """The first day of the month of this index, held just inside or just outside the calendar."""
    if index < 12:
        return FIRST
    if index >= 12 * 10_000:
        return LAST + 1
    return date(index // 12, index % 12 + 1, 1).toordinal()
