"""From a query to the days that it names.

A small grammar of our own for English and Chinese; `docs/adr/0014` says why, and what it leaves
out.  A question about when something happened (`when`, `which month`, `how long ago`, `什么时候`,
`几月`) names no day by that; a day that it names beside counts.  Quotation marks change nothing.
`recently` and `最近` alone name no day either: they ask for what is new.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from memory_service.model.entry import FIRST_DAY
from memory_service.retrieval.times.chinese import CHINESE
from memory_service.retrieval.times.english_dates import DATES
from memory_service.retrieval.times.english_relative import RELATIVE
from memory_service.retrieval.times.joining import join
from memory_service.retrieval.times.rules import find
from memory_service.retrieval.times.targets import TimeTarget

if TYPE_CHECKING:
    from datetime import date

    from memory_service.retrieval.times.periods import Period


#: Every English date holds one of these; the search for signs is all that most queries cost.
_DATE_SIGN = re.compile(
    r"\d{4}|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
    r"january|february|march|april|june|july|august|sept|september|october|november|december|"
    r"spring|summer|autumn|fall|winter|christmas|xmas|new year'?s|halloween|valentine'?s)\b",
    re.ASCII,
)
#: And every English time that is reckoned from today one of these.
_RELATIVE_SIGN = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|ago|from now|"
    r"(?:last|past|previous|this|coming|next|recent) (?:[^ ]+ ){0,5}(?:day|night|week|weekend|"
    r"fortnight|month|year|decade|hour|minute|second|morning|afternoon|evening)s?|"
    r"before last|the weekend|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"(?:last|previous|past|this|coming|next|on) (?:mon|tue|tues|thu|thur|thurs|fri))\b",
    re.ASCII,
)
_CHINESE_SIGN = re.compile("[年月周週天日晚夜早晨号號时時期拜分]")
_SIMPLIFIED = str.maketrans(
    "週這個後兩號時過幾來聖誕節國慶禮從間與數開為動萬鐘",
    "周这个后两号时过几来圣诞节国庆礼从间与数开为动万钟",
)
_QUOTES = str.maketrans("\u2018\u2019\u02bc\u201c\u201d", "'''\"\"")


def time_targets(query: str, today: date) -> tuple[TimeTarget, ...]:
    """The days that *query* names, seen from *today*, in order of place, without repetitions.

    Empty when it names none.  Deterministic; no text raises.
    """
    text = " ".join((query if query.isascii() else _plain(query)).lower().split())
    rules = (
        *(CHINESE if not text.isascii() and _CHINESE_SIGN.search(text) else ()),
        *(DATES if _DATE_SIGN.search(text) else ()),
        *(RELATIVE if _RELATIVE_SIGN.search(text) else ()),
    )
    if not rules:
        return ()
    day = today.toordinal()
    return tuple(dict.fromkeys(_target(one) for one in join(text, find(text, rules, day), day)))


def _plain(query: str) -> str:
    text = unicodedata.normalize("NFKC", query.translate(_QUOTES))
    return text.translate(_SIMPLIFIED)


def _target(period: Period) -> TimeTarget:
    return TimeTarget(
        first_day=period.first - FIRST_DAY,
        last_day=period.last - FIRST_DAY,
        tolerance=period.tolerance,
    )
