"""Recall: what is answered, and what is said, when a part is missing."""

from __future__ import annotations

from memory_service.engine.requests import EmbedMode, ModelState
from memory_service.model.recall import EvidenceLevel, RecallRequest
from tests.support.builders import a_draft
from tests.support.engines import a_bench
from tests.support.stars import hit_ids, missing, stars


def test_a_query_longer_than_the_window_is_cut_and_says_so() -> None:
    bench = stars(window=8)

    answers = bench.engine.recall(
        RecallRequest(namespace="ns", queries=("comet sun", "comet sun " * 20))
    ).answers

    assert [one.truncated for one in answers] == [False, True]


def test_without_a_model_words_alone_answer_and_the_answer_says_so() -> None:
    answer = stars(model=False).ask("Which comet passes the sun?")

    assert hit_ids(answer)[0] == "2"
    assert missing(answer) == [("dense", "model_missing")]
    assert answer.evidence.calibration == "lexical"
    assert answer.evidence.level is EvidenceLevel.STRONG
    assert answer.hits[0].legs.cosine is None
    assert answer.hits[0].legs.dense is None


def test_a_model_that_fails_is_reported_and_recovers() -> None:
    bench = stars()
    before = bench.engine.status()
    bench.embedder.broken = True

    failing = bench.ask("Which comet passes the sun?")
    state_then = bench.engine.status().model.state
    bench.embedder.broken = False
    well = bench.ask("Which comet passes the sun?")

    assert hit_ids(failing)[0] == "2"
    assert missing(failing) == [("dense", "embedder_failed")]
    assert state_then is ModelState.FAILING
    assert well.degraded == ()
    assert bench.engine.status().model == before.model


def test_entries_that_wait_for_vectors_are_found_and_their_waiting_is_said() -> None:
    bench = stars()
    bench.remember(a_draft("new", "A quasar flickered."), embed=EmbedMode.ASYNC)

    answer = bench.ask("quasar flickered")

    assert hit_ids(answer)[0] == "new"
    assert missing(answer) == [("dense", "pending")]
    assert answer.hits[0].legs.cosine is None


def test_waiting_entries_of_another_namespace_are_not_mentioned() -> None:
    bench = stars()
    bench.remember(a_draft("x", "elsewhere"), namespace="other", embed=EmbedMode.ASYNC)

    assert bench.ask("Which comet passes the sun?").degraded == ()


def test_a_query_without_words_is_judged_by_meaning_alone_and_says_so() -> None:
    answer = stars().ask("?!")

    assert missing(answer) == [("lexical", "no_terms")]
    assert answer.cut.considered == 6


def test_when_no_leg_finds_anything_the_newest_entries_are_shown() -> None:
    bench = a_bench(model=False)
    for number in range(5):
        bench.remember(a_draft(str(number), f"entry {number}"))

    answer = bench.ask("blorptak")

    assert answer.hits == ()
    assert [hit.entry.id for hit in answer.nearest] == ["4", "3", "2"]
    assert [hit.rank for hit in answer.nearest] == [1, 2, 3]
    assert missing(answer) == [("dense", "model_missing"), ("ranking", "recent_only")]
    assert answer.evidence.level is EvidenceLevel.NONE


def test_an_empty_namespace_answers_with_nothing() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"))
    bench.engine.forget("ns", "a")

    answer = bench.ask("launch")

    assert (answer.hits, answer.nearest, answer.degraded) == ((), (), ())
