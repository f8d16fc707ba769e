"""What is done for speed finds what the full patterns find."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.index.analysis import analyser, figures
from memory_service.index.analysis.analyser import Analyser

PARTS = st.sampled_from(
    [
        "2023", "05", "7", "31", "-", "/", ".", ",", " ", "000", "0", "May", "may", "june", "Sept",
        "Dec", "of", "th", "T1", "x", "d", "\u6708", "\u5e74", "5\u6708", "\u00e9", "\u017f",
        "1,000",
    ]
)  # fmt: skip
TEXTS = st.lists(PARTS, max_size=12).map("".join) | st.text(max_size=30)
ASCII = st.text(alphabet=st.characters(max_codepoint=127), max_size=40)


@given(text=TEXTS)
def test_a_figure_is_found_from_the_places_where_one_may_begin(text: str) -> None:
    every = [
        found.span()
        for found in figures._FIGURE.finditer(text)
        if figures._pieces(figures._Found(*found.group(0, *figures._Found._fields[1:])))
    ]

    assert [(one.start, one.stop) for one in figures.figures(text)] == every


@pytest.mark.parametrize(
    ("simple", "full"),
    [
        (analyser._ASCII_RUNS, analyser._RUNS),
        (analyser._ENGLISH_ASCII_RUNS, analyser._ENGLISH_RUNS),
    ],
    ids=["any language", "english"],
)
@given(text=ASCII)
def test_the_simpler_machine_finds_the_same_runs(simple: object, full: object, text: str) -> None:
    assert simple.findall(text) == full.findall(text)  # type: ignore[attr-defined]  # patterns


def test_stems_that_are_kept_are_those_of_the_stemmer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when there were too many of them in between."""
    monkeypatch.setattr(analyser, "_MOST_STEMS", 3)
    kept, words = Analyser(), ["running", "runs", "runner", "easily", "'s", "ponies", "caresses"]

    found = [kept.index_terms(word) for word in words * 3]

    assert found == [Analyser().index_terms(word) for word in words] * 3
