"""The engine over the local store answers as it does over dicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from memory_service.backends.local import LocalBackend
from memory_service.backends.local_options import LocalOptions
from memory_service.engine.requests import EmbedMode, UpdateRequest
from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.recall import CutMode, Hit, LegScores, OnNone, QueryAnswer
from memory_service.model.write import OnConflict
from tests.support.builders import a_draft
from tests.support.clock import START
from tests.support.engines import Bench, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.model.write import Outcome, Receipt

QUERIES = [
    "Which comet passes the sun?",
    "the mirror of the telescope in the mountain",
    "kettle and tea",
    "blorptak zindle",
    "彗星什么时候经过太阳",
    "12 34 56",
]


@pytest.fixture
def benches(tmp_path: Path) -> Iterator[tuple[Bench, Bench]]:
    """One bench over dicts and one over files, at the same time."""
    exact = a_bench()
    local = LocalBackend.open(tmp_path, options=LocalOptions(), clock=exact.clock)
    local.bind(exact.embedder.identity)
    disk = replace(a_bench(backend=local), clock=exact.clock)
    yield exact, disk
    disk.engine.close()


def a_history(bench: Bench) -> list[object]:
    """Writes of every kind; what they answered, positions aside."""
    odd = Compare(field=Field.KIND, operator=Operator.EQ, values=("odd",))
    drafts = [
        a_draft("0", "The telescope saw a nebula in Orion.", session="s", turn=1, speaker="Ann"),
        a_draft("1", "Saturn's rings are made of ice.", session="s", turn=2, kind="odd"),
        a_draft("2", "A comet passes the sun every 76 years.", event_time=START),
        a_draft("3", "The observatory moved its mirror to the mountain.", summary="moved up"),
        a_draft("4", "Put the kettle on, tea is late.", kind="odd"),
        a_draft("5", "彗星每七十六年经过太阳。", expires_at=START + timedelta(hours=1)),
        a_draft("6", " "),
        a_draft("7", "Gone soon.", expires_at=START),
        a_draft("8", "word " * 200 + "comet"),
    ]
    update = UpdateRequest(namespace="ns", id="3", changes={"text": "The mirror is on the hill."})
    return [
        bench.remember(*drafts).outcomes,
        _without_details(bench.remember(a_draft("2", "Another comet."), a_draft("9", "tea"))),
        bench.remember(a_draft("9", "Tea in the kettle."), on_conflict=OnConflict.REPLACE).outcomes,
        bench.remember(a_draft("late", "late tea"), embed=EmbedMode.ASYNC).outcomes,
        bench.engine.update(update).outcomes,
        bench.engine.forget("ns", "0").outcomes,
        bench.engine.forget_matching("ns", odd, dry_run=False).ids,
        bench.engine.page("ns", limit=100).entries,
        bench.engine.neighbours("ns", "2", 3),
        bench.engine.sessions("ns", limit=10),
        bench.engine.namespaces(),
    ]


def _without_details(receipt: Receipt) -> list[Outcome]:
    """The outcomes but for the words of a refusal, which are each store's own."""
    return [replace(outcome, error_detail="") for outcome in receipt.outcomes]


def comparable(answer: QueryAnswer) -> QueryAnswer:
    """An answer whose scores are rounded to what both stores compute alike."""
    hits, nearest = (
        tuple(_comparable(hit) for hit in some) for some in (answer.hits, answer.nearest)
    )
    next_score = answer.cut.next_score
    return replace(
        answer,
        hits=hits,
        nearest=nearest,
        cut=replace(answer.cut, next_score=None if next_score is None else round(next_score, 3)),
        evidence=replace(answer.evidence, probability=round(answer.evidence.probability, 3)),
        timings={},
    )


def _comparable(hit: Hit) -> Hit:
    why = {name: round(part, 3) + 0.0 for name, part in hit.why.items()}
    return replace(hit, score=round(hit.score, 3), legs=_rounded(hit.legs), why=why)


def _rounded(legs: LegScores) -> LegScores:
    def short(value: float | None) -> float | None:
        return None if value is None else round(value, 4) + 0.0

    return LegScores(
        cosine=short(legs.cosine),
        bm25=short(legs.bm25),
        dense=short(legs.dense),
        lexical=short(legs.lexical),
        fused=round(legs.fused, 3),
    )


def test_the_same_history_gives_the_same_outcomes_and_lists(benches: tuple[Bench, Bench]) -> None:
    exact, disk = benches

    assert a_history(disk) == a_history(exact)


def test_after_the_same_history_recalls_are_the_same(benches: tuple[Bench, Bench]) -> None:
    exact, disk = benches
    for bench in benches:
        a_history(bench)

    for query in QUERIES:
        for cut, on_none in ((CutMode.ADAPTIVE, OnNone.EMPTY), (CutMode.OFF, OnNone.BEST)):
            answers = [comparable(b.ask(query, cut=cut, on_none=on_none)) for b in (exact, disk)]
            assert answers[0] == answers[1]


def test_a_store_opened_again_answers_as_before_and_embeds_nothing(tmp_path: Path) -> None:
    first = a_bench()
    local = LocalBackend.open(tmp_path, options=LocalOptions(), clock=first.clock)
    local.bind(first.embedder.identity)
    before = a_bench(backend=local)
    a_history(before)
    answers = [comparable(before.ask(query)) for query in QUERIES]
    before.engine.close()

    again = LocalBackend.open(tmp_path, options=LocalOptions(), clock=first.clock)
    again.bind(first.embedder.identity)
    after = a_bench(backend=again)

    assert [comparable(after.ask(query)) for query in QUERIES] == answers
    assert after.engine.status().embedded_texts == len(QUERIES)
    after.engine.close()
