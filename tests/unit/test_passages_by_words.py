"""Which passage holds the words of a query."""

from __future__ import annotations

import pytest

from memory_service.model.entry import Span
from memory_service.retrieval.passages import most_words

BODY = "今天天气很好。 Die STRASSE war leer; \uff21\uff22\uff23."
SPANS = (Span(start=0, stop=7), Span(start=8, stop=29), Span(start=24, stop=len(BODY)))


@pytest.mark.parametrize(
    ("words", "preferred", "best"),
    [
        (["天气", "气很"], 1, 0),
        (["天气", "straße", "leer"], 0, 1),
        (["abc"], -1, 2),
        (["war"], 2, 1),
        (["r"], 2, 2),
        (["r"], -1, 1),
        (["nowhere"], 2, 2),
        (["nowhere"], -1, -1),
        ([], 0, 0),
    ],
)
def test_most_words_win_and_ties_go_to_the_one_preferred(
    words: list[str], preferred: int, best: int
) -> None:
    assert most_words(BODY, SPANS, words, preferred) == best
