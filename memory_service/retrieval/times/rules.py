"""How a grammar is written: an ordered list of patterns, each with its reading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from memory_service.retrieval.times.periods import Period, Periods

#: Takes the place of what is read, so that a later rule does not read it again.
_READ = "\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A pattern, and what a match means on a given day (an ordinal).

    Where the pattern has a group `t`, that group is the expression and the rest its surroundings.
    """

    pattern: re.Pattern[str]
    read: Callable[[re.Match[str], int], Periods]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A time named in characters `start` to `stop` (exclusive) of a text."""

    start: int
    stop: int
    period: Period


def rule(pattern: str, read: Callable[[re.Match[str], int], Periods]) -> Rule:
    """A rule over plain text; word borders and digits are ASCII's, so that Han ends a word."""
    return Rule(pattern=re.compile(pattern, re.ASCII), read=read)


def find(text: str, rules: Iterable[Rule], today: int) -> list[Found]:
    """What the rules find in *text*, in order of place.

    Rules take their turn in order over the whole text; what one has read is hidden from those
    after it, even when it turned out to name no day there is (30 February).
    """
    found = []
    for each in rules:
        for match in each.pattern.finditer(text):
            start, stop = match.span("t" if "t" in each.pattern.groupindex else 0)
            found += [
                Found(start=start, stop=stop, period=period) for period in each.read(match, today)
            ]
            text = text[:start] + _READ * (stop - start) + text[stop:]
    return sorted(found, key=lambda one: (one.start, one.stop, one.period.first))
