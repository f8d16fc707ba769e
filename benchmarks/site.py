"""A seeded daemon under measurement, and questions that nobody asked it before."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.http_calls import connected
from benchmarks.loads import Post, closed_loop
from benchmarks.seeded_daemon import forward_passes, running_seeded_daemon
from benchmarks.seeded_embedder import text_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from benchmarks.daemon import Daemon
    from benchmarks.filling import Filled, Shape
    from benchmarks.http_calls import HttpCaller
    from benchmarks.loads import Answered
    from benchmarks.scale_texts import ScaleTexts

#: Ten hits whatever the evidence, so that every recall is the same work: ranked, fetched, written.
TEN: Mapping[str, object] = {"limit": 10, "cut": "off", "on_none": "best"}
#: Whose forward pass is run unless another is named: `auto` would look for the store's own.
DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
#: Recalls before the clock counts.
WARM_UP = 50
#: A stream of chance beside those that entries are drawn from.
_QUESTIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One recall: its wall time, its forward pass, and its stages as the daemon tells them.

    In milliseconds.
    """

    wall: float
    forward: float
    stages: Mapping[str, float]

    @property
    def beyond(self) -> float:
        """What it took beyond the model's forward pass."""
        return self.wall - self.forward


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question and where it is asked."""

    namespace: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site:
    """A running daemon over a filled store, and the questions it has not had yet."""

    daemon: Daemon
    filled: Filled
    questions: Iterator[Asked]

    def connect(self) -> AbstractContextManager[HttpCaller]:
        """A connection as a client on this machine has it."""
        return connected(self.daemon.nearest, key=self.daemon.key)

    def posts(self, count: int, options: Mapping[str, object] = TEN) -> list[Post]:
        """Recalls of *count* new questions with these options."""
        return [recall_of(next(self.questions), options) for _ in range(count)]

    def batch(self, count: int) -> Post:
        """One recall of *count* new questions, ten hits each, where the first is asked."""
        asked = [next(self.questions) for _ in range(count)]
        body = json.dumps({"queries": [one.text for one in asked], **TEN}).encode()
        return Post(path=recall_path(asked[0].namespace), body=body)

    def timed(self, posts: Sequence[Post], answers: Sequence[Answered]) -> list[Timed]:
        """The recalls with their forward passes, in the order of *answers*."""
        passes = forward_passes(self.filled.folder)
        return [_timed(posts[one.number], one, passes) for one in answers]

    def ask(self, posts: Sequence[Post], *, clients: int = 1) -> list[Timed]:
        """Ask in a closed loop."""
        return self.timed(posts, closed_loop(self.connect, posts, clients=clients))


def questions_to(
    shape: Shape, texts: ScaleTexts, *, seed: int, small: bool = False
) -> Iterator[Asked]:
    """Questions without end, no two alike, each to a namespace drawn at random.

    With *small* all go to the namespace `small`.  Those of another *seed* are others.
    """
    chance = np.random.default_rng([shape.seed, _QUESTIONS, seed])
    seen: set[str] = set()
    while True:
        space = (
            shape.small_space() if small else shape.space(int(chance.integers(shape.namespaces)))
        )
        text = texts.question(int(chance.integers(space.start, space.stop)), chance)
        if text not in seen:
            seen.add(text)
            yield Asked(namespace=space.name, text=text)


def recall_path(namespace: str) -> str:
    """Where a namespace is asked."""
    return f"/v1/namespaces/{namespace}/recall"


def recall_of(asked: Asked, options: Mapping[str, object]) -> Post:
    """One recall, its stages timed."""
    body = {"query": asked.text, "timings": True, **options}
    return Post(path=recall_path(asked.namespace), body=json.dumps(body).encode())


@contextmanager
def opened(
    filled: Filled,
    questions: Iterator[Asked],
    *,
    model: str,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Site]:
    """A warm daemon over the store."""
    shape = filled.shape
    with running_seeded_daemon(
        filled.folder,
        model=model,
        dimensions=shape.dimensions,
        seed=shape.seed,
        settings=settings,
    ) as daemon:
        site = Site(daemon=daemon, filled=filled, questions=questions)
        site.ask(site.posts(WARM_UP))
        yield site


def _timed(post: Post, answered: Answered, passes: Mapping[int, float]) -> Timed:
    question = json.loads(post.body)["query"]
    stages: dict[str, float] = json.loads(answered.body)["timings_ms"]
    forward = passes[text_number(question)]
    return Timed(wall=answered.milliseconds, forward=forward, stages=stages)
