"""Recall: deadlines, timings, and recalls beside each other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from memory_service.errors import DeadlineExceededError
from memory_service.model.recall import QueryAnswer, RecallRequest
from tests.support.dict_reader import DictReader
from tests.support.engines import a_bench
from tests.support.faults import BusyEmbedder, GatedEmbedder
from tests.support.ranking import engine_options
from tests.support.stars import hit_ids, missing, stars

if TYPE_CHECKING:
    from memory_service.model.read import LexicalLeg


def test_a_deadline_before_the_vector_is_there_leaves_out_the_dense_leg() -> None:
    bench = stars()
    gated = GatedEmbedder(bench.embedder)
    options = engine_options(finish_seconds=5.0)
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
