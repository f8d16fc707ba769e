"""Recall: which part of a long text a hit points at."""

from __future__ import annotations

import pytest

from memory_service.model.entry import Span
from memory_service.model.recall import OnNone
from memory_service.model.write import Passage, Put
from tests.support.builders import a_draft, a_write
from tests.support.engines import a_bench


def test_the_span_says_which_part_of_a_long_text_matched() -> None:
    bench = a_bench(window=8)
    long = " ".join(["filler text about nothing in particular"] * 4 + ["comet passes the sun"])
    bench.remember(a_draft("long", long), a_draft("short", "a quasar flickered"))

    hit = bench.ask("comet passes the sun").hits[0]

    assert hit.entry.id == "long"
    assert hit.span is not None
    assert "comet" in long[hit.span.start : hit.span.stop]
    assert bench.ask("quasar").hits[0].span is None


@pytest.mark.parametrize(
    ("query", "model", "shown"),
    [("комета", True, "words"), ("comet", True, "meaning"), ("comet", False, "words")],
)
def test_the_words_choose_the_passage_where_the_model_cannot(
    query: str, model: bool, shown: str
) -> None:
    bench = a_bench()
    text = f"Something else altogether. {query} passes."
    border = text.index(query)
    near, far = bench.embedder.embed([query, "Something else"])
    passages = (
        Passage(span=Span(start=0, stop=border), vector=near),
        Passage(span=Span(start=border, stop=len(text)), vector=far),
    )
    bench.backend.apply(a_write(Put(draft=a_draft("a", text), passages=passages)))

    answer = a_bench(model=model, backend=bench.backend).ask(query, on_none=OnNone.BEST)

    assert answer.hits[0].span == passages[shown == "words"].span


def test_a_span_ends_where_the_text_does_though_the_summary_is_searched_too() -> None:
    bench = a_bench(window=8)
    text = "filler text about nothing " * 4 + "comet passes the sun"
    bench.remember(a_draft("long", text, summary="told on Sunday in the observatory by Ann"))

    spans = [bench.ask(query).hits[0].span for query in ("comet sun told", "observatory Ann")]

    assert spans[0] is not None
    assert spans[0].start < spans[0].stop == len(text)
    assert spans[1] is None


def test_a_passage_that_holds_the_whole_text_has_no_span() -> None:
    bench = a_bench(window=8)
    summary = "told on Sunday in the observatory by Ann and written down by Bob"
    bench.remember(a_draft("short", "comet passes the sun", summary=summary))

    spans = [bench.ask(query).hits[0].span for query in ("comet passes sun", "written Bob")]

    assert spans == [None, None]
