"""One forward pass for what arrives together, and none for what is known."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.embedding.batching import BatchingEmbedder
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.errors import UnavailableError
from tests.support.embedders import GatedEmbedder, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory_service.protocols import Vectors

ORACLE = HashingEmbedder()


class Callers:
    """Threads that call an embedder whose first pass is held."""

    def __init__(self) -> None:
        self.inner = GatedEmbedder()
        self.embedder = BatchingEmbedder(self.inner, max_batch=64, timer=self.inner.timer)
        self._threads = ThreadPoolExecutor(16)

    def call(self, *texts: str, patient: bool = False) -> Future[Vectors]:
        """Call while a pass is held, and come back when the call waits."""
        lanes = self.embedder._lanes
        waiting = len(lanes.waiting())
        called = self.embedder.patient if patient else self.embedder
        future = self._threads.submit(called.embed, texts)
        until(lambda: len(lanes.waiting()) > waiting)
        return future

    def hold(self, *texts: str) -> Future[Vectors]:
        """Call while nothing waits, and come back when the call's first pass is held."""
        self.inner.shut()
        future = self._threads.submit(self.embedder.embed, texts)
        self.inner.wait_for_passes(1)
        return future

    def close(self) -> None:
        self.inner.open()
        self.embedder.close()
        self._threads.shutdown()


@pytest.fixture
def callers() -> Iterator[Callers]:
    made = Callers()
    yield made
    made.close()


def test_calls_that_wait_together_go_in_one_pass(callers: Callers) -> None:
    first = callers.hold("first")

    others = [callers.call(f"query {number}") for number in range(5)]
    callers.inner.open()

    assert sorted(callers.inner.passes[0]) == ["first"]
    np.testing.assert_array_equal(first.result(), ORACLE.embed(["first"]))
    for number, future in enumerate(others):
        np.testing.assert_array_equal(future.result(), ORACLE.embed([f"query {number}"]))
    assert sorted(callers.inner.passes[1]) == [f"query {number}" for number in range(5)]
    assert len(callers.inner.passes) == 2


def test_a_lone_call_waits_for_nobody(callers: Callers) -> None:
    vectors = callers.embedder.embed(["alone"])

    np.testing.assert_array_equal(vectors, ORACLE.embed(["alone"]))
    assert callers.inner.passes == [["alone"]]


def test_a_repeated_text_is_embedded_once_within_a_call_and_across_calls(
    callers: Callers,
) -> None:
    first = callers.embedder.embed(["river", "train", "river"])
    second = callers.embedder.embed(["train", "river"])

    assert sorted(text for one in callers.inner.passes for text in one) == ["river", "train"]
    np.testing.assert_array_equal(first, ORACLE.embed(["river", "train", "river"]))
    np.testing.assert_array_equal(second, ORACLE.embed(["train", "river"]))


def test_a_text_that_two_callers_wait_for_is_embedded_once(callers: Callers) -> None:
    callers.hold("first")

    both = [callers.call("river"), callers.call("river", "train")]
    again = callers.call("first")
    callers.inner.open()

    assert [len(future.result()) for future in [*both, again]] == [1, 2, 1]
    assert sorted(callers.inner.passes[1]) == ["river", "train"]
    assert len(callers.inner.passes) == 2


def test_texts_that_differ_only_in_form_are_different_texts(callers: Callers) -> None:
    callers.embedder.embed(["River", "river", "river "])

    assert sorted(text for one in callers.inner.passes for text in one) == [
        "River",
        "river",
        "river ",
    ]


def test_the_texts_used_last_are_kept() -> None:
    inner = GatedEmbedder()
    embedder = BatchingEmbedder(inner, cache_entries=2)
    for text in ["a", "b", "a", "c", "a", "b"]:
        embedder.embed([text])
    embedder.close()

    assert inner.passes == [["a"], ["b"], ["c"], ["b"]]


def test_without_a_cache_every_call_is_a_pass() -> None:
    inner = GatedEmbedder()
    embedder = BatchingEmbedder(inner, cache_entries=0)
    for _ in range(2):
        embedder.embed(["a", "a"])
    embedder.close()

    assert inner.passes == [["a"], ["a"]]


def test_an_import_takes_turns_with_questions_in_slices_of_thirty_milliseconds(
    callers: Callers,
) -> None:
    callers.embedder.patient.embed(["measured"])
    callers.inner.passes.clear()
    callers.hold("first")

    imported = callers.call(*(f"line {number:03}" for number in range(9)), patient=True)
    question = callers.call("question")
    more = callers.call(*(f"more {number:03}" for number in range(2)), patient=True)
    callers.inner.open()

    for future in (question, imported, more):
        future.result()
    kinds = [sorted({text[:4] for text in one}) for one in callers.inner.passes]
    assert kinds == [["firs"], ["line"], ["ques"], ["line", "more"], ["line"], ["line"]]
    assert [len(one) for one in callers.inner.passes] == [1, 3, 1, 3, 3, 2]


def test_an_import_goes_in_full_passes_while_nobody_asks(callers: Callers) -> None:
    patient = callers.embedder.patient
    patient.embed(["measured"])
    callers.inner.passes.clear()

    patient.embed([f"line {number:03}" for number in range(100)])

    assert [len(one) for one in callers.inner.passes] == [31, 31, 31, 7]


def test_a_pass_has_no_more_texts_than_are_allowed(callers: Callers) -> None:
    callers.inner.seconds_per_character = 1e-9
    callers.embedder.patient.embed(["measured"])
    callers.inner.passes.clear()
    texts = [f"text {number:03}" for number in range(100)]

    vectors = [callers.embedder.patient.embed(texts), callers.embedder.embed(texts)]

    assert [len(one) for one in callers.inner.passes] == [64, 36, 64, 36]
    for one in vectors:
        np.testing.assert_array_equal(one, ORACLE.embed(texts))


def test_small_writes_that_wait_together_go_in_one_pass(callers: Callers) -> None:
    callers.embedder.patient.embed(["measured"])
    callers.inner.passes.clear()
    callers.hold("first")
    callers.inner.seconds = 10.0

    writes = [callers.call(f"write {number}", patient=True) for number in range(5)]
    callers.inner.open()

    for future in writes:
        future.result()
    assert [len(one) for one in callers.inner.passes] == [1, 5]


def test_an_import_leaves_no_vectors_and_finds_those_of_questions(callers: Callers) -> None:
    callers.embedder.embed(["river"])
    for _ in range(2):
        callers.embedder.patient.embed(["river", "train"])

    assert callers.inner.passes == [["river"], ["train"], ["train"]]


def test_a_failure_reaches_its_caller_alone(callers: Callers) -> None:
    callers.inner.poison = {"poison"}
    callers.hold("first")

    failing, working = callers.call("poison"), callers.call("river")
    callers.inner.open()

    with pytest.raises(UnavailableError, match="RuntimeError") as caught:
        failing.result()
    assert "poison" not in str(caught.value)
    np.testing.assert_array_equal(working.result(), ORACLE.embed(["river"]))


@pytest.mark.parametrize("patient", [False, True])
def test_after_a_failure_the_next_call_works_and_nothing_more_of_the_first_is_run(
    callers: Callers, patient: bool
) -> None:
    callers.inner.poison = {"line 000"}
    called = callers.embedder.patient if patient else callers.embedder
    lines = [f"line {number:03}" for number in range(80)]
    with pytest.raises(UnavailableError):
        called.embed(lines)
    begun = len(callers.inner.passes)

    callers.inner.poison = set()
    vectors = called.embed(lines)

    assert begun == 1
    np.testing.assert_array_equal(vectors, ORACLE.embed(lines))


def test_closing_refuses_those_who_wait_and_closes_the_inner_one(callers: Callers) -> None:
    running = callers.hold("running")
    waiting = [callers.call("waiting"), callers.call(*map(str, range(32)), patient=True)]

    with ThreadPoolExecutor(1) as thread:
        closing = thread.submit(callers.embedder.close)
        until(lambda: callers.embedder._lanes.closed)
        callers.inner.open()
        closing.result()

    np.testing.assert_array_equal(running.result(), ORACLE.embed(["running"]))
    for future in waiting:
        with pytest.raises(UnavailableError, match="stopping"):
            future.result()
    assert callers.inner.closed


def test_what_is_in_the_cache_is_refused_too_after_closing(callers: Callers) -> None:
    callers.embedder.embed(["river"])
    callers.embedder.close()

    with pytest.raises(UnavailableError):
        callers.embedder.embed(["river"])


@given(
    calls=st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=40), max_size=6),
    max_batch=st.integers(1, 20),
    cache_entries=st.integers(0, 6),
)
def test_every_text_gets_its_own_vector_whatever_the_limits(
    calls: list[list[str]], max_batch: int, cache_entries: int
) -> None:
    inner = GatedEmbedder()
    embedder = BatchingEmbedder(
        inner, max_batch=max_batch, cache_entries=cache_entries, timer=inner.timer
    )
    lanes = [embedder.embed, embedder.patient.embed]

    with ThreadPoolExecutor(3) as threads:
        futures = [threads.submit(lanes[n % 2], call) for n, call in enumerate(calls)]
        answers = [future.result() for future in futures]
    embedder.close()

    for texts, vectors in zip(calls, answers, strict=True):
        np.testing.assert_array_equal(vectors, ORACLE.embed(texts))
    assert all(len(one) <= max_batch for one in inner.passes)
