"""Dates and grouped numbers: one day, or one amount, in many spellings.

Days: `7 May 2023`, `May 7th, 2023`, `2023-05-07`, `2023/05/07`, `13/05/2023`, `2023年5月7日`;
in any year `7 May`, `5月7日`; months: `May 2023`, `2023-05`, `2023年5月`, `5月`.  Names of
months are the English ones, in full or by three letters.  `07/05/2023` is in May to some and in
July to others: it stays three numbers.  What is no day of the calendar is no date.

An entry is indexed under a date's day (`2023-05-07`), its month (`2023-05`), both in any year
(`--05-07`, `--05`), and the words it is written with.  A query asks for as much as it names of
day, day in any year, month and year; for the month in any year where it names no year.  The
month's name is no term of a date: `may` is a common word.

Numbers: `1,000` and `1,000.5` are `1000` and `1000.5`; so is `1 000`, where a group that begins
with 0 shows that it is no second number.  An entry is indexed under the groups too, for `4,100`
can be two numbers; a query asks for the whole.
"""

from __future__ import annotations

import re
from calendar import isleap
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import regex

from memory_service.index.analysis.pieces import Piece
from memory_service.index.analysis.writing import UNSPACED_RUN, WORD, unspaced_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTHS = {
    **{name: month for month, name in enumerate(_NAMES, start=1)},
    **{name[:3]: month for month, name in enumerate(_NAMES, start=1)},
    "sept": 9,
}
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_BEGIN, _END = r"(?<![\p{L}\p{N}])", r"(?![\p{L}\p{N}])"
_NO_MORE = r"(?![\p{L}\p{N}]|[-/.]\d)"
_YEAR, _TWO, _DAY = r"(?P<year>[12]\d{3})", r"\d{2}", r"(?P<day>\d{1,2})"
_NAME = rf"(?P<name>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_TH = r"(?:st|nd|rd|th)?"

#: Where one may begin, found by a simpler and faster machine: at the first digit of a number or
#: at the name of a month, and never behind a letter.
_POSSIBLE = re.compile(rf"(?i)(?<![a-z0-9])(?:[0-9]|{'|'.join(name[:3] for name in _NAMES)})")
_FIGURE = regex.compile(
    rf"""(?xi) (?<![a-z])(?:
    {_BEGIN}{_YEAR}(?:(?P<gap>[-/])(?P<month>\d{{1,2}})(?P=gap){_DAY}
        |\.(?P<month>{_TWO})\.(?P<day>{_TWO}))(?=T\d|{_NO_MORE})
    |(?<![\p{{L}}\p{{N}}][-/.]?){_YEAR}-(?P<month>{_TWO}){_NO_MORE}
    |{_BEGIN}(?P<first>\d{{1,2}})(?P<gap>[-/.])(?P<second>\d{{1,2}})(?P=gap){_YEAR}{_NO_MORE}
    |{_BEGIN}{_DAY}{_TH}\s(?:of\s)?{_NAME}(?:(?:,\s?|\s){_YEAR})?{_END}
    |{_BEGIN}{_NAME}\s{_DAY}{_TH}(?:(?:,\s?|\s){_YEAR})?{_END}(?![.,:/%-]\d)
    |{_BEGIN}{_NAME},?\s{_YEAR}{_END}
    |(?<!\d)(?:{_YEAR}\s?年\s?)?(?P<month>\d{{1,2}})\s?月(?:\s?{_DAY}\s?[日号號])?
    |(?<![\p{{L}}\p{{N}}.,])(?P<grouped>\d{{1,3}}(?:,\d{{3}})++
        |[1-9]\d{{0,2}}[ ]0\d\d(?:[ ]\d{{3}})*+)(?P<fraction>\.\d++)?(?![,.]?\d)
    )"""
)
_WORDS = regex.compile(rf"(?V1)(?P<unspaced>{UNSPACED_RUN})|{WORD}")
_GAPS = regex.compile("[ ,]")


class Figure(NamedTuple):
    """Where a date or a grouped number stands, and its pieces."""

    start: int
    stop: int
    pieces: tuple[Piece, ...]


class _Found(NamedTuple):
    """What `_FIGURE` found: all of it, and its groups."""

    text: str
    grouped: str | None
    fraction: str | None
    year: str | None
    month: str | None
    day: str | None
    name: str | None
    first: str | None
    second: str | None


class _Date(NamedTuple):
    """A month, with its year and its day as far as they are known."""

    year: int | None
    month: int
    day: int | None


def figures(text: str) -> Iterator[Figure]:
    """The dates and grouped numbers of a normalised text, in order."""
    stop = 0
    for place in _POSSIBLE.finditer(text):
        match = _FIGURE.match(text, place.start()) if place.start() >= stop else None
        if match is not None:
            stop = match.end()
            if pieces := _pieces(_Found(*match.group(0, *_Found._fields[1:]))):
                yield Figure(match.start(), stop, pieces)


# A conversation gives the same few dates to all of its turns.
@lru_cache(maxsize=1024)
def _pieces(found: _Found) -> tuple[Piece, ...]:
    return _number_pieces(found) if found.grouped else _date_pieces(found)


def _number_pieces(found: _Found) -> tuple[Piece, ...]:
    whole = _GAPS.sub("", found.grouped or "") + (found.fraction or "")
    groups = (piece._replace(asked=False) for piece in _words(found.text))
    return (Piece(found.text, whole, exact=True), *groups)


def _date_pieces(found: _Found) -> tuple[Piece, ...]:
    """The pieces of a date; none if it is not one."""
    date = _read(found)
    if date is None or not _in_calendar(date):
        return ()
    return (
        *(Piece(found.text, term, exact=True) for term in _terms(date)),
        Piece(found.text, f"--{date.month:02}", exact=True, asked=date.year is None),
        *(piece._replace(asked=piece.text == found.year) for piece in _words(found.text)),
    )


def _words(text: str) -> Iterator[Piece]:
    for word in _WORDS.finditer(text):
        if word["unspaced"]:
            yield from unspaced_pieces(word[0])
        else:
            yield Piece(word[0], word[0])


def _read(found: _Found) -> _Date | None:
    """The date as it is written, in the calendar or not; `None` if it can be read in two ways."""
    year, day = _number(found.year), _number(found.day)
    if found.name:
        return _Date(year, _MONTHS[found.name.lower()], day)
    if found.month:
        return _Date(year, int(found.month), day)
    first, second = int(found.first or 0), int(found.second or 0)
    if first == second or first > len(_NAMES):
        return _Date(year, second, first)
    return _Date(year, first, second) if second > len(_NAMES) else None


def _number(digits: str | None) -> int | None:
    return None if digits is None else int(digits)


def _in_calendar(date: _Date) -> bool:
    if not 1 <= date.month <= len(_NAMES):
        return False
    if date.day is None:
        return True
    short = date.month == 2 and date.year is not None and not isleap(date.year)
    return 1 <= date.day <= (28 if short else _DAYS[date.month - 1])


def _terms(date: _Date) -> list[str]:
    """The day, the day in any year, the month: as much of them as is known."""
    year, month, day = date
    terms = []
    if year is not None and day is not None:
        terms.append(f"{year}-{month:02}-{day:02}")
    if day is not None:
        terms.append(f"--{month:02}-{day:02}")
    if year is not None:
        terms.append(f"{year}-{month:02}")
    return terms
