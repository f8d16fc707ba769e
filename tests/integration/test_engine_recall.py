"""Recall: what comes back, in which order, and what is said when a part is missing."""

from __future__ import annotations

import math
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from memory_service.engine.options import EngineOptions
from memory_service.engine.requests import EmbedMode, ModelState
from memory_service.errors import (
    DeadlineExceededError,
    InvalidInputError,
    NamespaceNotFoundError,
)
from memory_service.model.entry import Span
from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.recall import (
    CutMode,
    CutReason,
    EvidenceLevel,
    Legs,
    OnNone,
    QueryAnswer,
    RecallRequest,
)
from memory_service.model.write import Passage, Put
from tests.support.builders import a_draft, a_write
from tests.support.clock import START
from tests.support.dict_reader import DictReader
from tests.support.engines import Bench, a_bench
from tests.support.faults import BusyEmbedder, GatedEmbedder

if TYPE_CHECKING:
    from memory_service.model.read import LexicalLeg

STARS = [
    "The telescope saw a nebula in Orion last night.",
    "Saturn's rings are made of ice and dust.",
    "A comet passes the sun every seventy six years.",
    "The observatory moved its mirror to the mountain.",
    "Red dwarfs burn their hydrogen slowly.",
    "Ann measured the parallax of a nearby star.",
]


def stars(**options: Any) -> Bench:
    bench = a_bench(**options)
    bench.remember(*[a_draft(str(number), text) for number, text in enumerate(STARS)])
    return bench


def hit_ids(answer: QueryAnswer) -> list[str]:
    return [hit.entry.id for hit in answer.hits]


def missing(answer: QueryAnswer) -> list[tuple[str, str]]:
    return [(one.leg.value, one.reason) for one in answer.degraded]


def test_a_direct_question_finds_its_entry_with_strong_evidence() -> None:
    answer = stars().ask("Which comet passes the sun?")

    assert hit_ids(answer)[0] == "2"
    assert answer.evidence.level is EvidenceLevel.STRONG
    assert (answer.nearest, answer.degraded, answer.truncated) == ((), (), False)


@pytest.mark.parametrize("query", ["How long do I roast a chicken?", "blorptak zindle vomber"])
def test_a_foreign_question_gets_no_hits_but_what_is_nearest(query: str) -> None:
    answer = stars().ask(query)

    assert answer.evidence.level is EvidenceLevel.NONE
    assert (answer.hits, answer.cut.reason) == ((), CutReason.NO_EVIDENCE)
    assert len(answer.nearest) == 3
    assert (answer.cut.considered, answer.cut.below) == (6, 6)


def test_whoever_wants_the_best_whatever_the_evidence_gets_it_as_hits() -> None:
    answer = stars().ask("blorptak zindle vomber", on_none=OnNone.BEST, cut=CutMode.OFF, limit=4)

    assert answer.evidence.level is EvidenceLevel.NONE
    assert len(answer.hits) == 4
    assert answer.nearest == ()


def test_hits_hold_both_legs_their_words_and_falling_scores() -> None:
    answer = stars().ask("Which comet passes the sun?", cut=CutMode.OFF)

    first = answer.hits[0]
    assert first.words == ("comet", "passes", "sun")
    assert first.legs.cosine is not None
    assert first.legs.bm25 is not None
    assert first.legs.fused == 1.0
    assert [hit.rank for hit in answer.hits] == [1, 2, 3, 4, 5, 6]
    scores = [hit.score for hit in answer.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_the_ranking_is_the_formulas() -> None:
    """An oracle over all entries: cosines by hand, BM25 as the backend scored it.

    Stores keep vectors in half precision: three digits are theirs.
    """
    bench = stars()
    query = "the mirror of the telescope in the mountain"

    answer = bench.ask(query, cut=CutMode.OFF, on_none=OnNone.BEST, limit=6)

    vectors = bench.embedder.embed(STARS) @ bench.embedder.embed([query])[0]
    bm25 = np.zeros(6)
    for hit in answer.hits:
        bm25[int(hit.entry.id)] = hit.legs.bm25
    stretched = [(leg - leg.min()) / (leg.max() - leg.min()) for leg in (vectors, bm25)]
    fused = 0.4 * stretched[0] + 0.6 * stretched[1]
    assert hit_ids(answer) == [str(place) for place in np.argsort(-fused)]
    assert [hit.legs.fused for hit in answer.hits] == pytest.approx(np.sort(fused)[::-1], abs=1e-3)
    assert [hit.legs.cosine for hit in answer.hits] == pytest.approx(
        vectors[np.argsort(-fused)], abs=1e-3
    )


def test_many_queries_are_embedded_in_one_pass_and_answered_in_order() -> None:
    bench = stars()
    bench.embedder.calls.clear()
    queries = ("comet sun", "rings of Saturn", "comet sun")

    answer = bench.engine.recall(RecallRequest(namespace="ns", queries=queries))

    assert bench.embedder.calls == [queries]
    assert [one.query for one in answer.answers] == list(queries)
    assert [hit_ids(one)[0] for one in answer.answers] == ["2", "1", "2"]


def test_answers_do_not_depend_on_company() -> None:
    bench = stars()
    queries = ("comet sun", "rings of Saturn", "blorptak")

    together = bench.engine.recall(RecallRequest(namespace="ns", queries=queries)).answers

    assert together == tuple(bench.ask(query) for query in queries)


def test_a_filter_holds_for_both_legs() -> None:
    bench = a_bench()
    bench.remember(a_draft("a", "comet", kind="fact"), a_draft("b", "comet", kind="event"))
    event = Compare(field=Field.KIND, operator=Operator.EQ, values=("event",))

    assert hit_ids(bench.ask("comet", filter=event)) == ["b"]


def test_an_answer_names_the_model_and_the_position() -> None:
    bench = stars()

    answer = bench.engine.recall(RecallRequest(namespace="ns", queries=("comet",)))

    assert (answer.model, answer.position) == ("hashing", bench.engine.status().position)


def test_min_k_and_limit_bound_the_answer() -> None:
    bench = stars()

    assert len(bench.ask("Which comet passes the sun?", min_k=5).hits) == 5
    assert len(bench.ask("Which comet passes the sun?", limit=1).hits) == 1


def test_a_budget_ends_the_answer_and_overrules_min_k() -> None:
    bench = stars()
    first = bench.ask("Which comet passes the sun?").hits[0]

    tight = bench.ask("Which comet passes the sun?", min_k=3, budget_tokens=first.tokens)
    none = bench.ask("Which comet passes the sun?", min_k=3, budget_tokens=first.tokens - 1)

    assert (hit_ids(tight), tight.tokens, tight.cut.reason) == (
        [first.entry.id],
        first.tokens,
        CutReason.BUDGET,
    )
    assert (none.hits, none.tokens, none.cut.below) == ((), 0, 6)


def test_min_score_leaves_out_what_lies_below_it() -> None:
    bench = stars()
    best = bench.ask("Which comet passes the sun?").hits[0].score

    answer = bench.ask("Which comet passes the sun?", min_k=4, min_score=best)

    assert (hit_ids(answer), answer.cut.reason) == (["2"], CutReason.MIN_SCORE)


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


def test_each_leg_goes_as_deep_as_hits_are_wanted() -> None:
    bench = stars()

    answer = bench.ask("comet", depth=1, limit=6, cut=CutMode.OFF)

    assert len(answer.hits) == 6


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


def test_one_leg_can_be_measured_alone() -> None:
    bench = stars()

    dense = bench.ask("Which comet passes the sun?", legs=Legs(lexical=False))
    lexical = bench.ask("Which comet passes the sun?", legs=Legs(dense=False))

    assert (dense.hits[0].legs.bm25, lexical.hits[0].legs.cosine) == (None, None)
    assert (dense.degraded, lexical.degraded) == ((), ())


def test_a_deadline_before_the_vector_is_there_leaves_out_the_dense_leg() -> None:
    bench = stars()
    gated = GatedEmbedder(bench.embedder)
    options = EngineOptions(finish_seconds=5.0)
    late = a_bench(wrap=lambda _: gated, backend=bench.backend, options=options)

    answer = late.ask("Which comet passes the sun?", deadline_seconds=5.0)
    gated.gate.set()

    assert hit_ids(answer)[0] == "2"
    assert missing(answer) == [("dense", "deadline")]


def test_a_deadline_that_has_passed_is_an_error() -> None:
    with pytest.raises(DeadlineExceededError):
        stars().ask("comet", deadline_seconds=0.0)


def test_a_deadline_that_passes_on_the_way_is_an_error_even_with_the_vector_there() -> None:
    bench = stars(wrap=BusyEmbedder)
    assert isinstance(bench.embedder, BusyEmbedder)
    bench.embedder.meanwhile = lambda: setattr(bench.timer, "seconds", 10.0)

    with pytest.raises(DeadlineExceededError):
        bench.ask("Which comet passes the sun?", deadline_seconds=5.0)


def test_a_deadline_that_passes_ends_a_batch_between_its_queries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = stars()
    asked: list[str] = []
    found = DictReader.lexical

    def slow(reader: DictReader, query: str, depth: int) -> LexicalLeg:
        asked.append(query)
        bench.timer.seconds += 10.0
        return found(reader, query, depth)

    monkeypatch.setattr(DictReader, "lexical", slow)
    request = RecallRequest(
        namespace="ns", queries=("comet", "star", "moon"), deadline_seconds=15.0
    )

    with pytest.raises(DeadlineExceededError):
        bench.engine.recall(request)

    assert asked == ["comet", "star"]


def test_a_deadline_that_is_kept_changes_nothing() -> None:
    bench = stars()

    assert bench.ask("comet", deadline_seconds=5.0) == bench.ask("comet")


def test_timings_name_the_stages() -> None:
    answer = stars().ask("comet")

    assert set(answer.timings) == {"embed", "lexical", "dense", "score", "fuse", "fetch"}


def test_an_entry_that_expires_is_gone_at_that_instant() -> None:
    bench = a_bench()
    bench.remember(a_draft("a", "comet", expires_at=START + timedelta(seconds=10)))

    before = hit_ids(bench.ask("comet"))
    bench.clock.advance(seconds=10)

    assert before == ["a"]
    assert hit_ids(bench.ask("comet")) == []


def test_recalls_run_beside_each_other() -> None:
    bench = stars()
    expected = bench.ask("Which comet passes the sun?")
    answers: list[QueryAnswer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(bench.ask("Which comet passes the sun?")))
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [expected] * 8


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"queries": ()}, "invalid_input", "/queries"),
    ({"queries": ("a",) * 65}, "too_many_entries", "/queries"),
    ({"queries": (" ",)}, "blank_text", "/query"),
    ({"queries": ("a", "\0")}, "forbidden_character", "/queries/1"),
    ({"queries": ("a" * 65537,)}, "text_too_long", "/query"),
    ({"limit": 0}, "invalid_limit", "/limit"),
    ({"limit": 1001}, "invalid_limit", "/limit"),
    ({"limit": 3, "min_k": 4}, "invalid_limit", "/min_k"),
    ({"min_k": -1}, "invalid_limit", "/min_k"),
    ({"depth": 0}, "invalid_limit", "/depth"),
    ({"budget_tokens": 0}, "invalid_limit", "/budget_tokens"),
    ({"min_score": math.nan}, "not_finite", "/min_score"),
    ({"deadline_seconds": math.inf}, "not_finite", "/deadline_seconds"),
    ({"legs": Legs(dense=False, lexical=False)}, "invalid_input", "/legs"),
]


@pytest.mark.parametrize(("fields", "code", "place"), REFUSED)
def test_a_request_that_cannot_be_answered_is_refused_by_name(
    fields: dict[str, Any], code: str, place: str
) -> None:
    bench = stars()
    request = RecallRequest(**{"namespace": "ns", "queries": ("comet",)} | fields)

    with pytest.raises(InvalidInputError) as refused:
        bench.engine.recall(request)

    assert (refused.value.code, refused.value.field) == (code, place)


def test_a_namespace_never_written_to_is_not_found() -> None:
    with pytest.raises(NamespaceNotFoundError):
        a_bench().ask("comet")
