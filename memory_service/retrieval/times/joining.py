"""What stands around a time and changes what it means, in both languages.

late May, 五月底                       a part of it
from 3 May to 7 May, 5月3日到5月7日     all between two of them
the week before 7 May, 5月7日前两天     reckoned from it; the date itself stays a target, since
                                      what was told on it may well say `two days ago`
since May, 五月以来                    an open range
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from memory_service.retrieval.times import chinese, counts, english_relative, periods
from memory_service.retrieval.times.english_words import WEEKDAYS
from memory_service.retrieval.times.periods import Which, days
from memory_service.retrieval.times.rules import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory_service.retrieval.times.periods import Period, Periods

#: How far back words are looked for that belong to a time.
_REACH = 60
#: Days that a period must have to be cut into parts.
_DIVISIBLE = 28

_PART_BEFORE = re.compile(
    r"\b(?:the )?(?:(?P<third>early|mid|late)(?: in)?|"
    r"(?P<end>beginning|start|middle|end) (?:of|in)|"
    r"(?P<nth>first|second|third|fourth|last) (?P<of>half|quarter|week) (?:of|in)|"
    r"q(?P<quarter>[1-4])(?: of)?)(?: the)?(?: year)?[ -]$",
    re.ASCII,
)
_THIRDS = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}
_NTH = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_PART_AFTER = re.compile(
    "的?(?:(?P<third>[年月]?(?:初(?![中次级恋学等衷步])|[底末](?![下层部线日端尾])|年中(?!国))|"
    "[上中下]旬)|(?P<half>[上下前后])半[年月]|第?(?P<quarter>[一二三四1-4])季度)"
)
_HAN_THIRDS = {"初": 0, "上": 0, "中": 1, "底": 2, "末": 2, "下": 2}

_FROM_THERE = re.compile(
    rf"\b(?:the |last )?(?:(?P<count>{counts.ENGLISH}) )?"
    r"(?:(?P<unit>day|week|fortnight|month|year)s?|(?P<weekend>weekend)|"
    r"(?P<weekday>mon|tues|wednes|thurs|fri|satur|sun)day) "
    r"(?P<side>before|prior to|after|following) (?:the )?$",
    re.ASCII,
)
_OPEN_BEFORE = re.compile(
    r"\b(?P<side>since|before|prior to|until|till|up to|by|after) (?:about |around |the )?$",
    re.ASCII,
)
_OPEN_AFTER = re.compile(
    "(?:的)?(?P<side>以来|开始|起(?![床来])|为止|以前|之前|前(?![端沿景台面天后年途往])|"
    "以后|之后|后(?![来面悔期续天年]))"
)
_SIDES = {"以来": "since", "开始": "since", "起": "since", "为止": "until"}
_SIDES |= {"以前": "before", "之前": "before", "前": "before", "prior to": "before"}
_SIDES |= {"以后": "after", "之后": "after", "后": "after", "following": "after"}
_SIDES |= {"till": "until", "up to": "until", "by": "until"}

_TO = re.compile(r" ?(?:-|\u2013|\u2014|~|to|through|until|till|到|至) ?(?:the )?")
_AND = re.compile(r" ?(?:and|和|与) ?(?:the )?")


def join(text: str, found: list[Found], today: int) -> Iterator[Period]:
    """The times of *text*, each with what its surroundings make of it, in order of place."""
    parts = _outermost([one for each in found for one in _narrowed(text, each)])
    pairs = _paired(text, parts)
    anchored = _outermost([one for each in pairs for one in _anchored(text, each)])
    for each in anchored:
        yield from _opened(text, each, today)


def _before(text: str, found: Found, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """A match that ends where *found* starts."""
    return pattern.search(text, max(0, found.start - _REACH), found.start)


def _outermost(found: list[Found]) -> list[Found]:
    """Without those that lie inside a larger one: in `the Friday before 3 May` is no Friday."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda each: (each.start, -each.stop)):
        inside = kept and one.stop <= kept[-1].stop
        if not inside or (kept[-1].start, kept[-1].stop) == (one.start, one.stop):
            kept.append(one)
    return kept


def _narrowed(text: str, found: Found) -> list[Found]:
    if found.period.last - found.period.first + 1 < _DIVISIBLE:
        return [found]
    if before := _before(text, found, _PART_BEFORE):
        return _respan(found, _english_part(before, found.period), before.start(), found.stop)
    if after := _PART_AFTER.match(text, found.stop):
        return _respan(found, _chinese_part(after, found.period), found.start, after.end())
    return [found]


def _respan(found: Found, means: Periods, start: int, stop: int) -> list[Found]:
    floating = found.period.floating
    return [
        Found(start=start, stop=stop, period=replace(period, floating=floating)) for period in means
    ]


def _english_part(match: re.Match[str], period: Period) -> Periods:
    if match["quarter"]:
        return periods.part(period, int(match["quarter"]) - 1, 4)
    if match["nth"] is None:
        return periods.part(period, _THIRDS[match["third"] or match["end"]], 3)
    number = _NTH[match["nth"]]
    if match["of"] == "week":
        first = period.last - 6 if number < 0 else period.first + 7 * number
        return days(first, first + 6)
    of = 2 if match["of"] == "half" else 4
    return periods.part(period, number % of, of) if number < of else ()


def _chinese_part(match: re.Match[str], period: Period) -> Periods:
    if match["quarter"]:
        return periods.part(period, "一二三四1234".index(match["quarter"]) % 4, 4)
    if match["half"]:
        return periods.part(period, "上下前后".index(match["half"]) % 2, 2)
    word = match["third"].lstrip("年月")[0]
    return periods.part(period, _HAN_THIRDS[word], 3)


def _paired(text: str, found: list[Found]) -> list[Found]:
    joined: list[Found] = []
    for one in found:
        if joined and _belong(text, joined[-1], one) and (both := _spanning(joined[-1], one)):
            joined[-1] = both
        else:
            joined.append(one)
    return joined


def _belong(text: str, first: Found, second: Found) -> bool:
    between = text[first.stop : second.start]
    if _TO.fullmatch(between):
        return True
    opens = text.endswith("between ", 0, first.start) or text.startswith("之间", second.stop)
    return opens and _AND.fullmatch(between) is not None


def _spanning(first: Found, second: Found) -> Found | None:
    """From the first to the second; a year that only one of them names holds for both."""
    one, other = first.period, second.period
    if one.floating and (one.last > other.last or not other.floating):
        one = _near(one, other, before=True)
    elif other.floating:
        other = _near(other, one, before=False)
    if one.first > other.last:
        return None
    span = replace(other, first=one.first)
    return Found(start=first.start, stop=second.stop, period=span)


def _near(period: Period, other: Period, *, before: bool) -> Period:
    """*period* in the year that brings it just before (or just after) the *other*."""
    years = periods.years_between(period.first, other.first)
    for shift in (years + 1, years, years - 1) if before else (years - 1, years, years + 1):
        moved = periods.in_other_year(period, shift)
        if moved and (moved.first <= other.first if before else moved.first >= other.first):
            return moved
    return period


def _anchored(text: str, found: Found) -> list[Found]:
    if before := _before(text, found, _FROM_THERE):
        means = _english_anchor(before, found.period)
        return _respan(found, (*means, found.period), before.start(), found.stop)
    if after := chinese.FROM_THERE.match(text, found.stop):
        means = _chinese_anchor(after, found.period)
        return _respan(found, (*means, found.period), found.start, after.end())
    return [found]


def _english_anchor(match: re.Match[str], period: Period) -> Periods:
    earlier = _SIDES.get(match["side"], match["side"]) == "before"
    if match["weekday"]:
        which = Which.LAST if earlier else Which.NEXT
        day = period.first if earlier else period.last
        return periods.weekday(WEEKDAYS[match["weekday"]], which, day)
    if match["weekend"]:
        return periods.weekend(period.first - 7 if earlier else period.last + 7)
    count, unit = english_relative.amount(match)
    if match["count"] is None:
        return periods.adjoining(period, unit, earlier=earlier)
    day = period.first if earlier else period.last
    return periods.around(count, unit, day, sign=-1 if earlier else 1)


def _chinese_anchor(match: re.Match[str], period: Period) -> Periods:
    number = chinese.amount(match)
    if number is None:
        return ()
    earlier = match["side"] == "前"
    day = period.first if earlier else period.last
    return periods.around(*number, day, sign=-1 if earlier else 1)


def _opened(text: str, found: Found, today: int) -> Periods:
    match = _before(text, found, _OPEN_BEFORE) or _OPEN_AFTER.match(text, found.stop)
    if match is None:
        return (found.period,)
    period, side = found.period, _SIDES.get(match["side"], match["side"])
    if side == "since":
        last = today if period.first <= today else period.last
        return days(period.first, last, period.tolerance)
    if side == "after":
        return days(period.last + 1, periods.LAST, period.tolerance)
    last = period.first - 1 if side == "before" else period.last
    return days(periods.FIRST, last, period.tolerance)
