"""What Chinese expressions of time mean on Wednesday, 14 June 2023, and what is none."""

from __future__ import annotations

from datetime import date

import pytest

from memory_service.retrieval.times.reading import time_targets
from tests.support.times import TODAY, days_named

SAME = [
    ("今天", "today"),
    ("昨天", "yesterday"),
    ("昨晚", "last night"),
    ("前天下午", "the day before yesterday"),
    ("明天", "tomorrow"),
    ("后天", "the day after tomorrow"),
    ("上周", "last week"),
    ("上个星期", "last week"),
    ("上一周", "last week"),
    ("这周", "this week"),
    ("本周", "this week"),
    ("下周", "next week"),
    ("上上周", "the week before last"),
    ("上周末", "last weekend"),
    ("这个周末", "this weekend"),
    ("上个月", "last month"),
    ("这个月", "this month"),
    ("下个月", "next month"),
    ("去年", "last year"),
    ("前年", "the year before last"),
    ("今年", "this year"),
    ("明年", "next year"),
    ("3天前", "3 days ago"),
    ("三天前", "three days ago"),
    ("三天之前", "three days ago"),
    ("十二天前", "twelve days ago"),
    ("二十五天前", "twenty-five days ago"),
    ("两周前", "two weeks ago"),
    ("两个星期以前", "two weeks ago"),
    ("三个月前", "three months ago"),
    ("半年前", "half a year ago"),
    ("一年半前", "a year and a half ago"),
    ("五年前", "5 years ago"),
    ("几天前", "a few days ago"),
    ("前几天", "a few days ago"),
    ("两三周前", "two or three weeks ago"),
    ("3小时前", "3 hours ago"),
    ("周五", "on Friday"),
    ("星期天", "on Sunday"),
    ("上周五", "last Friday"),
    ("这周五", "this Friday"),
    ("3月", "in March"),
    ("三月份", "in March"),
    ("十二月", "in December"),
    ("5月7日", "May 7"),
    ("五月七号", "May 7"),
    ("2022年5月7日", "May 7, 2022"),
    ("2022 年 5 月 7 日", "May 7, 2022"),
    ("二〇二二年三月", "March 2022"),
    ("2021年", "in 2021"),
    ("去年三月", "March last year"),
    ("去年5月7日", "May 7 last year"),
    ("去年夏天", "last summer"),
    ("2021年冬天", "winter 2021"),
    ("去年圣诞节", "last Christmas"),
    ("5月底", "the end of May"),
    ("五月中旬", "mid May"),
    ("2022年初", "the beginning of 2022"),
    ("去年年底", "the end of last year"),
    ("2022年上半年", "the first half of 2022"),
    ("2022年第三季度", "Q3 2022"),
    ("最近几天", "the last few days"),
    ("这几天", "the last few days"),
    ("最近三天", "in the last 3 days"),
    ("近两周", "the past two weeks"),
    ("过去一年", "the past year"),
    ("过去的三个月", "the past three months"),
    ("未来三天", "the next 3 days"),
    ("5月3日到7日", "May 3-7"),
    ("5月3日到5月7日", "from 3 May to 7 May"),
    ("2022年3月至5月", "from March to May 2022"),
    ("2020年到2022年", "from 2020 to 2022"),
    ("三月和五月之间", "between March and May"),
    ("2021年以来", "since 2021"),
    ("2021年以前", "before 2021"),
    ("5月7日之后", "after May 7"),
    ("5月7日前两天", "two days before May 7"),
]

RANGES = [
    ("大前天", "2023-06-11"),
    ("下周五", "2023-06-23"),
    ("上个月5号", "2023-05-05"),
    ("本月3日", "2023-06-03"),
    ("三个半月前", "2023-03-01"),
    ("2000年前", "0001-01-01/1999-12-31"),
    ("二月二十九日", "2020-02-29"),
    ("三天前天气怎么样", "2023-06-11"),
    ("昨天晚上周杰伦的演唱会", "2023-06-13"),
    ("晚上上周的事", "2023-06-05/2023-06-11"),
    ("上周期末考试", "2023-06-05/2023-06-11"),
    ("上周游泳", "2023-06-05/2023-06-11"),
    ("他说明天来", "2023-06-15"),
    ("去年度假的时候", "2022-01-01/2022-12-31"),
    ("我们周一个人去", "2023-06-12"),
    ("在2023-05-07发布", "2023-05-07"),
    ("上週五", "2023-06-09"),
    ("兩週前", "2023-05-31"),
    ("這個月", "2023-06-01/2023-06-30"),
    ("２０２２年５月７日", "2022-05-07"),
]

NONE = """
每周五开会
每个星期一
说明天气的原因
晚上周杰伦唱歌
以前天气很好
目前日本的情况
什么时候发生的
哪个月搬家的
几月几日
多少天前
三个月大
一周一次
一月一次
三天打鱼
说明年龄
过去年轻的时候
80后年轻人
聊天记录
周围的人
日本周刊
月票多少钱
先天后天
后天性免疫
最近在忙什么
每天跑步
附近三天
三年级
天下周游
2023年2月30日
13月
""".strip().splitlines()


@pytest.mark.parametrize(("chinese", "english"), SAME)
def test_both_languages_mean_the_same_days_as_firmly(chinese: str, english: str) -> None:
    targets = time_targets(chinese, TODAY)

    assert targets
    assert targets == time_targets(english, TODAY)


@pytest.mark.parametrize(("query", "expected"), RANGES)
def test_an_expression_names_one_range(query: str, expected: str) -> None:
    assert days_named(query) == [expected]


@pytest.mark.parametrize("query", NONE)
def test_a_word_that_only_looks_like_a_time_names_none(query: str) -> None:
    assert days_named(query) == []


@pytest.mark.parametrize(("chinese", "english"), SAME)
def test_a_sentence_around_it_changes_nothing(chinese: str, english: str) -> None:
    assert days_named(f"我们{chinese}谁来过") == days_named(f"who came {english}?")


def test_the_year_turns_over_with_the_calendar() -> None:
    assert days_named("上个月", date(2024, 1, 31)) == ["2023-12-01/2023-12-31"]
    assert days_named("上周", date(2024, 1, 1)) == ["2023-12-25/2023-12-31"]
