"""The load generator, and what a seeded store is filled with."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.corpus import Corpus
from benchmarks.filling import SHARES, Shape, draft_of
from benchmarks.loads import (
    Post,
    closed_loop,
    even_arrivals,
    open_loop,
    per_second,
    poisson_arrivals,
)
from benchmarks.recall_found import Best
from benchmarks.scale_texts import ScaleTexts
from benchmarks.seeded_embedder import (
    ForwardLog,
    SeededEmbedder,
    TextVectors,
    read_forward_log,
    seeded_identity,
    text_number,
)
from benchmarks.site import questions_to
from memory_service.embedding.hashing import HashingEmbedder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POSTS = [Post(path="/", body=str(number).encode()) for number in range(40)]
_TEXTS = ScaleTexts(corpus=Corpus(seed=1))
_SHAPE = Shape(entries=40, namespaces=4, dimensions=16, seed=1, small=5)


class _Echo:
    """Answers with what it is sent, and notes how many connections there were at once."""

    def __init__(self) -> None:
        self.open = self.most = 0
        self._lock = threading.Lock()

    @contextmanager
    def connect(self) -> Iterator[_Echo]:
        with self._lock:
            self.open += 1
            self.most = max(self.most, self.open)
        yield self
        with self._lock:
            self.open -= 1

    def post(self, path: str, body: bytes) -> bytes:
        return path.encode() + body


def test_every_request_is_answered_once_by_its_own_answer() -> None:
    echo = _Echo()

    answered = closed_loop(echo.connect, _POSTS, clients=3)

    assert [one.number for one in answered] == list(range(40))
    assert [one.body for one in answered] == [b"/" + post.body for post in _POSTS]
    assert (echo.most, echo.open) == (3, 0)
    assert per_second(answered) > 0


def test_an_open_loop_counts_from_when_a_request_was_due() -> None:
    """All are due at once, and one connection takes them in turn: none waits less than the last."""
    answered = open_loop(_Echo().connect, _POSTS, [0.0] * 40, connections=1)

    waits = [one.milliseconds for one in answered]
    assert waits == sorted(waits)
    assert len({one.due for one in answered}) == 1


def test_every_arrival_needs_a_request() -> None:
    with pytest.raises(ValueError, match="every arrival"):
        open_loop(_Echo().connect, _POSTS, [0.0] * 41)


def test_arrivals_rise_and_come_as_often_as_asked() -> None:
    arrivals = poisson_arrivals(50.0, 200.0, seed=1)
    gaps = np.diff(arrivals)

    assert arrivals == poisson_arrivals(50.0, 200.0, seed=1)
    assert arrivals[0] >= 0
    assert arrivals[-1] < 200.0
    assert len(arrivals) == pytest.approx(10_000, rel=0.05)
    # What marks a Poisson process: gaps spread as far as they are long.
    assert gaps.min() >= 0
    assert np.std(gaps) == pytest.approx(np.mean(gaps), rel=0.05)


def test_even_arrivals_tick() -> None:
    assert even_arrivals(4.0, 1.0) == [0.0, 0.25, 0.5, 0.75]


def test_a_texts_vector_is_its_own_and_the_seeds() -> None:
    vectors = TextVectors(dimensions=16, seed=1)
    both = vectors.of(["one", "two"])

    np.testing.assert_array_equal(both[1:], vectors.of(["two"]))
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1.0, rtol=1e-6)
    assert not np.array_equal(both[0], both[1])
    assert not np.array_equal(both, TextVectors(dimensions=16, seed=2).of(["one", "two"]))


def test_vectors_lie_in_clusters() -> None:
    rows = TextVectors(dimensions=64, seed=1).of([f"text {n}" for n in range(2_000)])
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -1)

    assert np.median(cosines.max(axis=1)) > np.median(cosines) + 0.3


def test_a_forward_pass_is_noted_for_every_text_in_it(tmp_path: Path) -> None:
    inner, identity = HashingEmbedder(), seeded_identity(dimensions=16, seed=1)
    vectors = TextVectors(dimensions=16, seed=1)
    log = ForwardLog(tmp_path / "log")
    embedder = SeededEmbedder(inner, vectors=vectors, identity=identity, log=log)

    given = embedder.embed(["one", "two"])
    embedder.embed(["three"])

    passes = read_forward_log(tmp_path / "log")
    np.testing.assert_array_equal(given, vectors.of(["one", "two"]))
    assert passes.keys() == {text_number(text) for text in ("one", "two", "three")}
    assert passes[text_number("one")] == passes[text_number("two")] > 0
    assert read_forward_log(tmp_path / "none") == {}


def test_texts_of_sets_come_first_and_the_others_do_not_depend_on_the_slice() -> None:
    texts = ScaleTexts(corpus=Corpus(seed=1), leading=("a", "b"))

    assert texts.entries(0, 3) == ["a", "b", *_TEXTS.entries(0, 1)]
    assert texts.entries(1, 7)[3:] == texts.entries(4, 7)


def test_questions_are_never_asked_twice_and_go_where_their_words_are() -> None:
    asked = list(islice(questions_to(_SHAPE, _TEXTS, seed=1), 200))
    spaces = {space.name: space for space in _SHAPE.spaces()}

    assert len({one.text for one in asked}) == 200
    assert {one.namespace for one in asked} == {f"space-{n}" for n in range(4)}
    for one in asked:
        space = spaces[one.namespace]
        entries = _TEXTS.entries(space.start, space.stop)
        assert any(set(one.text.split()) <= set(entry.split()) for entry in entries)
    assert asked[0] != next(questions_to(_SHAPE, _TEXTS, seed=2))


def test_questions_to_the_small_namespace_stay_there() -> None:
    asked = islice(questions_to(_SHAPE, _TEXTS, seed=1, small=True), 20)

    assert {one.namespace for one in asked} == {"small"}


def test_namespaces_share_all_entries_between_them() -> None:
    shape = Shape(entries=10, namespaces=3, dimensions=8, seed=0)
    *large, small = shape.spaces()

    assert [n for space in large for n in range(space.start, space.stop)] == list(range(10))
    assert small.stop - small.start == shape.small
    assert shape.all_entries == 10 + shape.small


def test_every_tag_and_number_keeps_its_share() -> None:
    drafts = [draft_of(number, "text") for number in range(10_000)]

    for tag, one_in in SHARES.items():
        assert sum(tag in draft.tags for draft in drafts) == pytest.approx(
            10_000 / one_in, rel=0.1, abs=5
        )
        below = [draft for draft in drafts if _part(draft.metadata["part"]) < 1_000 // one_in]
        assert len(below) == pytest.approx(10_000 / one_in, rel=0.1, abs=5)


def _part(value: object) -> int:
    assert isinstance(value, int)
    return value


def test_the_best_of_blocks_are_the_best_of_all() -> None:
    cosines = np.random.default_rng(1).random((3, 95)).astype(np.float32)
    best = Best(queries=3, names=["none"], count=10)
    for start in range(0, 95, 20):
        numbers = np.arange(start, min(start + 20, 95))
        best.take("none", numbers, cosines[:, numbers])

    for query in range(3):
        wanted = np.argsort(-cosines[query])[:10]
        assert best.ids("none", query) == {f"e{number}" for number in wanted}
