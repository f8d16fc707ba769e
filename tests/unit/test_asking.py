"""Which texts ask something."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.model.asking import QUESTION, asks


@pytest.mark.parametrize(
    "text",
    [
        "Really?",
        "What is that? It is a rocket.",
        'She said "when?" and left.',
        "(Is it so?)",
        "No way?!",
        "*Why?*\n",
        "走了吗\uff1f是的",
        "走了吗?是的",
        "هل هذا صحيح\u061fنعم",
        "????????????",
        "you ok?\U0001f600",
    ],
)
def test_a_question_mark_that_ends_a_sentence_asks(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text", ["", "No.", "see /find?q=june", "x?.y", "(?i)pattern", "τι είναι;", "?????????????x"]
)
def test_one_inside_a_word_or_none_does_not(text: str) -> None:
    assert not asks(text)


@given(st.text(alphabet='a?!.)" \n\u00e9\uff1f\x00', max_size=14))
def test_the_pattern_says_what_the_rule_says(text: str) -> None:
    """Without a pattern: leave up to eight closing marks aside, and look at what comes then."""
    wanted = "\uff1f" in text
    for place, character in enumerate(text):
        if character == "?":
            rest = text[place + 1 :]
            stripped = rest.lstrip("]?!.)}\"'*_`~")
            closing = len(rest) - len(stripped)
            follows = stripped[:1]
            ends = follows == "" or follows <= " " or follows > "\x7f"
            wanted = wanted or (ends and closing <= 8)

    assert asks(text) is wanted
    assert re.compile(QUESTION).groups == 1
