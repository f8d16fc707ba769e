"""Recall with a second look at the leading candidates: before the cut, in time, never alone."""

from __future__ import annotations

import logging
import threading

import pytest

from memory_service.model.recall import CutMode, EvidenceLevel, Legs, QueryAnswer, RecallRequest
from tests.support.builders import a_draft
from tests.support.clock import START
from tests.support.engines import a_bench
from tests.support.ranking import engine_options
from tests.support.rerankers import GatedReranker, ToyReranker, likes
from tests.support.stars import STARS, hit_ids, missing, stars

QUERY = "Which comet passes the sun?"
#: Without a dense leg, which a deadline would take first.
WORDS = Legs(dense=False)


def everything(reranker: ToyReranker | None = None, **options: float) -> QueryAnswer:
    """All six stars, ranked."""
    bench = stars(reranker=reranker, options=engine_options(**options))
    return bench.ask(QUERY, cut=CutMode.OFF)


def test_it_reads_the_leading_candidates_alone() -> None:
    reranker = ToyReranker(likes("dust"))
    plain = everything()

    everything(reranker, rerank_depth=3)

    assert {query for query, _ in reranker.calls} == {QUERY}
    assert sorted(reranker.read) == sorted(STARS[int(id)] for id in hit_ids(plain)[:3])


def test_it_looks_before_the_cut() -> None:
    plain = everything()
    last = plain.hits[-1].entry
    reranker = ToyReranker(likes(last.draft.text))
    bench = stars(reranker=reranker, options=engine_options(rerank_weight=0.9))

    answer = bench.ask(QUERY, limit=1, min_k=1)

    assert hit_ids(answer) == [last.id]
    assert answer.degraded == ()


def test_it_is_never_trusted_alone() -> None:
    """The ranking's first is the second look's last, and half a say is not enough."""
    reranker = ToyReranker(lambda text: -float("comet" in text))

    answer = everything(reranker, rerank_weight=0.4)

    assert hit_ids(answer)[0] == "2"
    assert answer.hits[0].why["reranker"] < 0.0


def test_the_parts_of_a_hit_are_still_what_ranks_it() -> None:
    answer = everything(ToyReranker(likes("dust")))

    for hit in answer.hits:
        assert sum(hit.why.values()) == pytest.approx(hit.legs.fused)
    assert [hit.legs.fused for hit in answer.hits] == sorted(
        (hit.legs.fused for hit in answer.hits), reverse=True
    )


def test_it_reads_date_and_speaker_too() -> None:
    reranker = ToyReranker(len)
    bench = a_bench(reranker=reranker)
    bench.remember(a_draft("a", "The comet is late.", speaker="Ann", event_time=START))

    bench.ask("comet late")

    assert reranker.read == [f"[{START.date().isoformat()}] Ann: The comet is late."]


def test_of_a_long_text_it_reads_the_passage_that_was_found() -> None:
    reranker = ToyReranker(len)
    bench = a_bench(reranker=reranker, window=8)
    text = "stones and more stones lie there. " * 3 + "A comet passes the sun."
    bench.remember(a_draft("a", text))

    hit = bench.ask("comet passes sun").hits[0]

    assert hit.span is not None
    assert reranker.read == [text[hit.span.start : hit.span.stop]]


def test_each_query_gets_its_own_look() -> None:
    reranker = ToyReranker(likes("dust"))
    bench = stars(reranker=reranker)
    queries = (QUERY, "What are Saturn's rings made of?")

    answers = bench.engine.recall(RecallRequest(namespace="ns", queries=queries)).answers

    assert tuple(query for query, _ in reranker.calls) == queries
    assert [hit_ids(answer) for answer in answers] == [hit_ids(bench.ask(one)) for one in queries]


def test_without_evidence_nothing_is_shown_and_nothing_is_read() -> None:
    reranker = ToyReranker(len)

    answer = stars(reranker=reranker).ask("How long do I roast a chicken?")

    assert answer.evidence.level is EvidenceLevel.NONE
    assert reranker.calls == []
    assert "rerank" not in answer.timings


def test_where_there_is_none_nobody_waits_for_it() -> None:
    before = set(threading.enumerate())

    answer = everything()

    assert "rerank" not in answer.timings
    assert answer.degraded == ()
    begun = {one.name for one in set(threading.enumerate()) - before}
    assert not any(name.startswith("reranker") for name in begun)


def test_its_time_has_a_stage_of_its_own() -> None:
    assert "rerank" in everything(ToyReranker(len)).timings


def test_one_that_fails_leaves_the_ranking_and_the_answer_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reranker = ToyReranker(len)
    reranker.broken = True

    with caplog.at_level(logging.WARNING):
        failing = everything(reranker)

    assert missing(failing) == [("reranker", "reranker_failed")]
    assert failing.hits == everything().hits
    assert [record.getMessage() for record in caplog.records] == [
        "the reranker failed: RuntimeError"
    ]


def test_a_deadline_before_it_is_ready_leaves_the_ranking_and_the_answer_says_so() -> None:
    reranker = GatedReranker(len)
    bench = stars(reranker=reranker, options=engine_options(finish_seconds=5.0))

    late = bench.ask(QUERY, legs=WORDS, cut=CutMode.OFF, deadline_seconds=5.0)
    reranker.gate.set()
    bench.engine.close()

    assert missing(late) == [("reranker", "reranker_deadline")]
    assert late.hits == stars().ask(QUERY, legs=WORDS, cut=CutMode.OFF).hits
    assert "rerank" in late.timings


def test_what_nobody_waits_for_any_more_ends_soon() -> None:
    """Of sixteen texts the first eight were begun when the deadline passed."""
    reranker = GatedReranker(len)
    bench = a_bench(reranker=reranker, options=engine_options(finish_seconds=0.0))
    bench.remember(*[a_draft(str(number), f"comet {number}") for number in range(16)])

    bench.ask("comet", deadline_seconds=0.05)
    reranker.gate.set()
    bench.engine.close()

    assert len(reranker.read) <= 8


def test_one_that_is_in_time_changes_nothing_about_the_deadline() -> None:
    bench = stars(reranker=ToyReranker(likes("dust")))

    assert bench.ask(QUERY, deadline_seconds=60.0) == bench.ask(QUERY)


def test_it_is_closed_with_the_engine() -> None:
    reranker = ToyReranker(len)

    stars(reranker=reranker).engine.close()

    assert reranker.closed
