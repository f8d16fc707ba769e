"""How many: numerals of both languages, and words that leave the number open."""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory_service.retrieval.times.periods import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number, or the range of numbers that a loose word stands for, both ends included."""

    low: int
    high: int


ONE = Count(low=1, high=1)

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    *("seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {word: value for value, word in enumerate(_SMALL)}
_NUMBERS |= {word: 10 * tens for tens, word in enumerate(_TENS, start=2)}
_NUMBERS |= {"a": 1, "an": 1}

_LOOSE = {
    "couple": Count(low=2, high=3),
    "few": Count(low=2, high=5),
    "some": Count(low=2, high=5),
    "several": Count(low=3, high=7),
}

_NUMBER = (
    r"(?:\d{1,6}|a hundred|(?:" + "|".join(_TENS) + r")(?:[ -](?:" + "|".join(_SMALL[1:10]) + "))?"
    "|" + "|".join(sorted(_SMALL[1:], key=len, reverse=True)) + "|an?)"
)
#: An English number before a unit: digits, words, `a few`, `two or three`.
ENGLISH = (
    r"(?:(?:a )?few|(?:a )?couple(?: of)?|several|some|"
    rf"{_NUMBER}(?:(?: or | to | ?[-\u2013] ?){_NUMBER})?)"
)
_ONE_NUMBER = re.compile(_NUMBER)
_BETWEEN = re.compile(rf"({_NUMBER})(?: or | to | ?[-\u2013] ?)({_NUMBER})")

_HAN = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "\u3007": 0}
#: A Chinese number before a unit: digits, numerals, `几`, `两三`.
CHINESE = r"(?:\d{1,6}|[一二两三四五六七八九十百零几数]{1,6})"
_PAIR = re.compile("([一二两三四五六七八])([二两三四五六七八九])")


def english(text: str) -> Count:
    """The number that a match of `ENGLISH` stands for."""
    for word, count in _LOOSE.items():
        if word in text:
            return count
    between = None if _ONE_NUMBER.fullmatch(text) else _BETWEEN.fullmatch(text)
    ends = sorted(_english_number(end) for end in (between.groups() if between else (text,)))
    return Count(low=ends[0], high=ends[-1])


def _english_number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    if text == "a hundred":
        return 100
    return sum(_NUMBERS[word] for word in re.split("[ -]", text))


def chinese(text: str) -> Count | None:
    """The number that a match of `CHINESE` stands for, below 1000; `None` if it is not one.

    Two numerals in a row leave it open: `两三` is two or three.
    """
    loose = {
        "几": Count(low=2, high=5),
        "数": Count(low=3, high=7),
        "十几": Count(low=11, high=19),
        "几十": Count(low=20, high=90),
    }
    if text in loose:
        return loose[text]
    if pair := _PAIR.fullmatch(text):
        ends = sorted(_HAN[end] for end in pair.groups())
        return Count(low=ends[0], high=ends[1])
    number = chinese_number(text)
    return None if number is None else Count(low=number, high=number)


def chinese_number(text: str) -> int | None:
    """The value of digits or numerals below 1000; `None` if they form no number."""
    if text.isdecimal():
        return int(text)
    hundreds, hundred, rest = text.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    values = [
        _digit(hundreds, alone=1 if hundred else 0),
        _digit(tens.lstrip("零"), alone=1 if ten else 0),
        _digit(ones.lstrip("零"), alone=0),
    ]
    digits = [value for value in values if value is not None]
    return 100 * digits[0] + 10 * digits[1] + digits[2] if len(digits) == len(values) else None


def halved(count: Count, unit: Unit) -> tuple[Count, Unit]:
    """So many units and a half, in whole units of a smaller kind."""
    smaller, whole, half = {
        Unit.YEAR: (Unit.MONTH, 12, 6),
        Unit.MONTH: (Unit.DAY, 30, 15),
        Unit.WEEK: (Unit.DAY, 7, 3),
        Unit.DAY: (Unit.DAY, 1, 0),
    }[unit]
    return Count(low=whole * count.low + half, high=whole * count.high + half), smaller


def _digit(text: str, *, alone: int) -> int | None:
    return _HAN.get(text) if text else alone


def chinese_year(text: str) -> int:
    """The year of four digits or four numerals, `二〇二三` as well as `2023`."""
    return int("".join(str(_HAN.get(char, char)) for char in text))
