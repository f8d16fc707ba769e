"""Recall: what comes back, in which order, and how much of it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.recall import (
    CutMode,
    CutReason,
    EvidenceLevel,
    Legs,
    OnNone,
    RecallRequest,
)
from tests.support.builders import a_draft
from tests.support.clock import START
from tests.support.engines import a_bench
from tests.support.stars import STARS, hit_ids, stars


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
    assert first.why == {"dense": 4.0, "lexical": 6.0}
    assert first.legs.fused == 10.0
    assert [hit.rank for hit in answer.hits] == [1, 2, 3, 4, 5, 6]
    scores = [hit.score for hit in answer.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_the_ranking_is_the_formulas() -> None:
    """An oracle over all entries: cosines by hand, BM25 as the backend scored it.

    Stores keep vectors in half precision: three digits are theirs.  The share of a softmax is a
    candidate's odds, if there is an answer.
    """
    bench = stars()
    query = "the mirror of the telescope in the mountain"

    answer = bench.ask(query, cut=CutMode.OFF, on_none=OnNone.BEST, limit=6)

    vectors = bench.embedder.embed(STARS) @ bench.embedder.embed([query])[0]
    bm25 = np.zeros(6)
    for hit in answer.hits:
        bm25[int(hit.entry.id)] = hit.legs.bm25
    stretched = [(leg - leg.min()) / (leg.max() - leg.min()) for leg in (vectors, bm25)]
    fused = 4.0 * stretched[0] + 6.0 * stretched[1]
    evidence = answer.evidence.probability
    shares = np.exp(fused) / np.exp(fused).sum()
    order = np.argsort(-fused)
    assert hit_ids(answer) == [str(place) for place in order]
    assert [hit.legs.fused for hit in answer.hits] == pytest.approx(fused[order], abs=1e-2)
    assert [hit.score for hit in answer.hits] == pytest.approx(
        (evidence * shares / (1.0 + shares))[order], abs=1e-3
    )
    assert [hit.legs.cosine for hit in answer.hits] == pytest.approx(vectors[order], abs=1e-3)


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


def test_each_leg_goes_as_deep_as_hits_are_wanted() -> None:
    bench = stars()

    answer = bench.ask("comet", depth=1, limit=6, cut=CutMode.OFF)

    assert len(answer.hits) == 6


def test_one_leg_can_be_measured_alone() -> None:
    bench = stars()

    dense = bench.ask("Which comet passes the sun?", legs=Legs(lexical=False))
    lexical = bench.ask("Which comet passes the sun?", legs=Legs(dense=False))

    assert (dense.hits[0].legs.bm25, lexical.hits[0].legs.cosine) == (None, None)
    assert (dense.degraded, lexical.degraded) == ((), ())


def test_an_entry_that_expires_is_gone_at_that_instant() -> None:
    bench = a_bench()
    bench.remember(a_draft("a", "comet", expires_at=START + timedelta(seconds=10)))

    before = hit_ids(bench.ask("comet"))
    bench.clock.advance(seconds=10)

    assert before == ["a"]
    assert hit_ids(bench.ask("comet")) == []
