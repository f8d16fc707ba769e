"""English words for months, seasons and days, and the words that show that none is meant."""

from __future__ import annotations

from memory_service.retrieval.times.periods import Which

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

#: Any name of a month, short or full.
MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?|september|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
#: Names that mean nothing but a month: no verb, no person, no adjective.
PLAIN_MONTH = r"(?P<month>january|february|july|september|october|november|december)\b"

#: `2023`, `, 2023`, `of 2023`, `last year`, after a day and month.
YEAR_AFTER = r"(?:(?:, ?| (?:of |in )?)(?:(?P<year>\d{4})\b|(?P<which>last|this|next) year\b))"

SEASON = r"(?P<season>spring|summer|autumn|fall|winter)\b"
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
#: What follows a season's name where it is none: frameworks, water, verbs with a preposition.
NO_SEASON = (
    r"(?!-| (?:boot|mvc|security|framework|cloud|data|water|rolls?|onions?|under|within|into|"
    r"apart|off|short|through|behind|outside|back|between|for|to|from|on|out)\b)"
)

WEEKDAY = r"(?P<weekday>mon|tues|wednes|thurs|fri|satur|sun)day\b"
WEEKDAYS = {"mon": 0, "tue": 1, "tues": 1, "wednes": 2, "thu": 3, "thur": 3, "thurs": 3}
WEEKDAYS |= {"fri": 4, "satur": 5, "sun": 6}

#: Which of the recurring ones.
WHICH = r"(?P<which>last|previous|this past|past|this coming|this|coming|next)"
WHICHES = {
    "last": Which.LAST,
    "previous": Which.LAST,
    "this past": Which.LAST,
    "past": Which.LAST,
    "this": Which.THIS,
    "this coming": Which.NEXT,
    "coming": Which.NEXT,
    "next": Which.NEXT,
}

#: Where a clause ends: what stands there cannot be the subject of a verb, or qualify a noun.
CLAUSE_END = r"(?= ?[?.!,;:)\"](?!\w)| ?$)"
#: `in may` is a month, `the state it is in may be wrong` is not.
NO_VERB = (
    r"(?! (?:be|have|not|also|or|never|still|only|even|well|need|contain|cause|lead|help|take|"
    r"go|come|get|make|occur|result|increase|reduce|require)\b)"
)
#: What is counted or measured by the number before it: `in 2001 patients`, `march 7 miles`.
NOTHING_COUNTED = (
    r"(?! ?%| (?:percent|people|patients|persons|participants|subjects|cases|samples|women|men|"
    r"children|adults|users|members|mice|rats|cells|genes|words|lines|files|rows|items|entries|"
    r"points|pages|characters|tokens|bytes|steps|times|seconds|minutes|hours|days|weeks|months|"
    r"years|miles|meters|metres|feet|km|kg|mg|ml|ms|kb|mb|gb|hz|khz|mhz|ghz|bits|dollars|euros|votes|copies|units|"
    r"base|of the)\b)"
)


def month_number(name: str) -> int:
    """1 to 12, by a name's first three letters."""
    return _MONTHS.index(name[:3]) + 1


def year_offset(which: str) -> int:
    """How many years away `last`, `this` or `next` year is."""
    return {"last": -1, "this": 0, "next": 1}[which]
