"""Chinese times: dates, and what is reckoned from today.

Written over simplified characters (`reading` maps the traditional ones).  Han text has no spaces,
so most rules say which neighbours make another word of it: 晚上周杰伦, 以前天气, 每周五, 说明年龄.
"""

from __future__ import annotations

import re
from datetime import date
from functools import partial

from memory_service.retrieval.times import counts, periods
from memory_service.retrieval.times.counts import Count
from memory_service.retrieval.times.periods import Periods, Unit, Which, days
from memory_service.retrieval.times.rules import rule

_YEARS = {"大前年": -3, "前年": -2, "去年": -1, "今年": 0, "本年": 0, "明年": 1, "后年": 2}
_DAYS = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "昨夜": -1, "今天": 0, "今日": 0,
    "今早": 0, "今晨": 0, "今晚": 0, "今夜": 0, "明天": 1, "明日": 1, "后天": 2, "大后天": 3,
}  # fmt: skip
_OFFSETS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
_UNITS = {"天": Unit.DAY, "日": Unit.DAY, "周": Unit.WEEK, "星期": Unit.WEEK, "礼拜": Unit.WEEK}
_UNITS |= {"月": Unit.MONTH, "年": Unit.YEAR}
_HOURS = {"小时": 1, "分钟": 0}
_SEASONS = {"春": 3, "夏": 6, "秋": 9, "冬": 12}
_HOLIDAYS = {"圣诞": (12, 24, 26), "平安夜": (12, 24, 24), "元旦": (1, 1, 1), "国庆": (10, 1, 7)}
_HOLIDAYS |= {"劳动": (5, 1, 1), "情人": (2, 14, 14), "万圣": (10, 31, 31)}
_WEEKDAYS = {char: number for number, char in enumerate("一二三四五六日")} | {"天": 6}


def _year_of(match: re.Match[str], today: int) -> int | None:
    if match["year"]:
        return counts.chinese_year(match["year"])
    if match["which"]:
        return date.fromordinal(today).year + _YEARS[match["which"]]
    return None


def _in_year(match: re.Match[str], today: int, make: partial[Periods]) -> Periods:
    year = _year_of(match, today)
    return periods.recurring(make, Which.LATEST, today) if year is None else make(year)


def _named_day(match: re.Match[str], today: int) -> Periods:
    names = match["month"], match["day"], match["until"] or match["day"]
    month, first, last = (counts.chinese_number(name) or 0 for name in names)
    return _in_year(match, today, partial(periods.named_days, month=month, first=first, last=last))


def _named_month(match: re.Match[str], today: int) -> Periods:
    number = counts.chinese_number(match["month"]) or 0
    return _in_year(match, today, partial(_month_in, month=number)) if 1 <= number <= 12 else ()


def _month_in(year: int, month: int) -> Periods:
    return periods.month(12 * year + month - 1)


def _named_season(match: re.Match[str], today: int) -> Periods:
    first_month = _SEASONS[match["season"]]
    return _in_year(match, today, partial(periods.season, first_month=first_month))


def _which_season(match: re.Match[str], today: int) -> Periods:
    which = {"上": Which.LAST, "这": Which.THIS, "下": Which.NEXT}[match["ordinal"]]
    make = partial(periods.season, first_month=_SEASONS[match["season"]])
    return periods.recurring(make, which, today)


def _holiday(match: re.Match[str], today: int) -> Periods:
    month, first, last = _HOLIDAYS[match["holiday"]]
    return _in_year(match, today, partial(periods.named_days, month=month, first=first, last=last))


def _named_year(match: re.Match[str], today: int) -> Periods:
    year = _year_of(match, today)
    return () if year is None else periods.year(year)


def _day(match: re.Match[str], today: int) -> Periods:
    offset = _DAYS[match[0]]
    return days(today + offset, today + offset)


def _week(match: re.Match[str], today: int) -> Periods:
    day = today + 7 * _OFFSETS[match["ordinal"]]
    if match["end"]:
        return periods.weekend(day)
    if match["weekday"]:
        day = periods.monday(day) + _WEEKDAYS[match["weekday"]]
        return days(day, day)
    return periods.week(day)


def _month(match: re.Match[str], today: int) -> Periods:
    index = periods.month_index(today) + _OFFSETS[match["ordinal"]]
    day = counts.chinese_number(match["day"]) if match["day"] else None
    if day is None:
        return periods.month(index)
    return periods.named_days(index // 12, index % 12 + 1, day, day)


def _weekday(match: re.Match[str], today: int) -> Periods:
    return periods.weekday(_WEEKDAYS[match["weekday"]], Which.LATEST, today)


def amount(match: re.Match[str]) -> tuple[Count, Unit] | None:
    """The groups `count` (0 if missing), `half` and `unit`; `None` when the count is no number."""
    groups = match.groupdict()
    count = counts.chinese(groups["count"]) if groups.get("count") else Count(low=0, high=0)
    if count is None:
        return None
    if groups["unit"] in _HOURS:
        hours = _HOURS[groups["unit"]]
        return Count(low=count.low * hours // 24, high=-(-count.high * hours // 24)), Unit.DAY
    unit = _UNITS[groups["unit"]]
    return counts.halved(count, unit) if groups.get("half") else (count, unit)


def _ago(match: re.Match[str], today: int) -> Periods:
    count = match.groupdict().get("count") or ""
    if match["unit"] == "年" and _is_year(count):
        return days(periods.FIRST, periods.year(int(count))[0].first - 1, periods.YEAR_GRACE)
    number = amount(match)
    return () if number is None else periods.around(*number, today, sign=-1)


def _is_year(count: str) -> bool:
    """`2000年前` is before the year 2000: nobody remembers what was two thousand years ago."""
    return len(count) == 4 and count.isdecimal() and count[:2] in {"18", "19", "20"}


def _past(match: re.Match[str], today: int) -> Periods:
    number = amount(match)
    return () if number is None else periods.stretch(*number, today, sign=-1)


def _coming(match: re.Match[str], today: int) -> Periods:
    number = amount(match)
    return () if number is None else periods.stretch(*number, today, sign=1)


def _some_days(match: re.Match[str], today: int) -> Periods:
    name = match["count"]
    count = counts.english("couple") if name == "两" else counts.english("few")
    return periods.around(count, _UNITS[match["unit"]], today, sign=-1)


# What makes another word of 年, 月, 周 and 天 (year, month, week, day).
_NO_YEAR = "(?!轻(?!松)|龄|代(?!表)|度(?!假)|份|间)"
_NO_MONTH = "(?![龄嫂票薪租球亮色饼光牙]|一[次回]|怀胎)"
_NO_WEEK = "(?![围边刊岁年瑜]|杰伦|华健|期(?![末中待]))"

_WHICH_YEAR = (
    r"(?P<which>大前年|(?<![以之目生史此提先])前年|(?<![过失])去年|今年|(?<![日基])本年|"
    rf"(?<![证表声注透])明年|(?<![以之此今最\d])后年){_NO_YEAR}"
)
_YEAR = r"(?:(?<![\d.])(?P<year>\d{4}|[零〇一二三四五六七八九]{4}) ?年(?!代)|" + _WHICH_YEAR + ")"
_MONTH = (
    r"(?<![\d.一二三四五六七八九十百几两])(?P<month>\d{1,2}|十[一二]?|[一二三四五六七八九]) ?月"
)
_DAY = r"(?:\d{1,2}|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_WEEK = r"(?:周|星期|礼拜)"
# 上 and 下 end many words of place and time: 晚上, 马上, 路上, 天下, 一下.
_ORDINAL = (
    r"(?P<ordinal>(?<![早晚马以路网身线海地天楼车世史加赶碰遇算])上上?|这|(?<![日基根资成剧])本|"
    r"(?<![一天地以之足脚如线楼])下下?)一?个?"
)
_COUNT = rf"(?P<count>{counts.CHINESE})"
_UNIT = r"个?(?P<half>半)?(?P<unit>天|日|周|星期|礼拜|月|年|小时|分钟)"
_HALF = r"(?P<half>半)个?(?P<unit>月|年)"
_AGO = "(?:以前|之前|前)(?![端沿景台面途往后年几两些]|天(?!气))"
_RECENT = r"(?:最近|过去|(?<!附)近|这(?!一))的?这?"

#: What stands after a date and counts from there: 前两天, 后一周.
FROM_THERE = re.compile(rf"的?(?P<side>前|后){_COUNT}{_UNIT}", re.ASCII)

CHINESE = (
    rule(
        rf"(?:{_YEAR}的? ?)?{_MONTH} ?(?P<day>{_DAY}) ?[日号]"
        rf"(?:[到至~\-\u2013](?P<until>{_DAY}) ?[日号])?",
        _named_day,
    ),
    rule(rf"(?:{_YEAR}的? ?)?{_MONTH}份?{_NO_MONTH}", _named_month),
    rule(rf"{_YEAR}的?(?P<season>[春夏秋冬])[天季日]", _named_season),
    rule(r"(?P<ordinal>上|这|下)一?个?(?P<season>[春夏秋冬])[天季]", _which_season),
    rule(
        rf"{_YEAR}的?(?P<holiday>圣诞|平安夜|元旦|国庆|(?:劳动|情人|万圣)(?=节))节?",
        _holiday,
    ),
    rule(
        r"大前天|(?<![以之目午先早生战赛会课饭睡日周年月])前天(?![气黑空然津性])|"
        r"大后天|(?<![以之最今此饭课])(?<!先天)后天(?![气黑空然津性赋培])|昨[天日晚夜]|"
        r"今[天早晨晚夜]|今日(?!头条)|(?<![证表声注透])(?<!说(?=明天气))明[天日]",
        _day,
    ),
    rule(rf"{_COUNT}{_UNIT}{_AGO}", _ago),
    rule(rf"{_COUNT}(?P<unit>年)(?P<half>半){_AGO}", _ago),
    rule(rf"{_HALF}{_AGO}", _ago),
    rule(r"(?<![以之目午])前(?P<count>[几两些])个?(?P<unit>天|日|周|月|年)", _some_days),
    rule(rf"{_RECENT}{_COUNT}{_UNIT}", _past),
    rule(rf"{_RECENT}{_HALF}", _past),
    rule(rf"(?:未来|今后|接下来)的?{_COUNT}{_UNIT}", _coming),
    rule(
        rf"{_ORDINAL}{_WEEK}(?:(?P<end>末)|(?P<weekday>[一二三四五六日天])(?!次)|{_NO_WEEK})",
        _week,
    ),
    rule(rf"{_ORDINAL}月份?{_NO_MONTH}(?:的?(?P<day>{_DAY}) ?[日号])?", _month),
    rule(
        rf"(?<![每个一二两三四五六七八九十几半数\d]){_WEEK}"
        r"(?P<weekday>[一二三四五六日]|(?<!周)天)(?![次帆福])",
        _weekday,
    ),
    rule(_YEAR, _named_year),
)
