"""Load on a server: one call after the other, or calls that arrive whether it is ready or not.

In a closed loop a slow answer delays the next question, so a stall counts once.  In an open loop
questions arrive at moments fixed beforehand (a Poisson process), and each is timed from the moment
it was due: a stall counts for everyone who had to wait.
"""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager


class Caller(Protocol):
    """One connection."""

    def post(self, path: str, body: bytes) -> bytes:
        """Send *body*, and give the body of the answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A request to be sent."""

    path: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A request and its answer; moments are of one clock, in seconds.

    Args:
        number: Which of the requests.
        due: When it was to be sent.
        done: When the whole answer was there.
        body: The answer.
    """

    number: int
    due: float
    done: float
    body: bytes

    @property
    def milliseconds(self) -> float:
        """How long the caller waited, from when it wanted to ask."""
        return 1_000 * (self.done - self.due)


def poisson_arrivals(rate: float, seconds: float, *, seed: int) -> list[float]:
    """Moments within *seconds*, *rate* of them a second on average, as independent callers come.

    Raises:
        ValueError: If *rate* is not above 0.
    """
    if rate <= 0:
        raise ValueError("a rate is above 0")
    chance = np.random.default_rng(seed)
    expected = rate * seconds
    gaps = chance.exponential(1 / rate, size=int(expected + 10 * expected**0.5) + 20)
    moments = np.cumsum(gaps)
    return [float(moment) for moment in moments[moments < seconds]]


def even_arrivals(rate: float, seconds: float) -> list[float]:
    """Moments within *seconds*, as a clock ticks."""
    return [number / rate for number in range(int(rate * seconds))]


def closed_loop(
    connect: Callable[[], AbstractContextManager[Caller]],
    posts: Sequence[Post],
    *,
    clients: int = 1,
) -> list[Answered]:
    """Each of the clients sends the next request when it has the answer to its last one."""

    def sent(caller: Caller, number: int) -> Answered:
        return _send(caller, posts[number], number, due=time.perf_counter())

    return _run(connect, sent, count=len(posts), clients=clients)


def open_loop(
    connect: Callable[[], AbstractContextManager[Caller]],
    posts: Sequence[Post],
    arrivals: Sequence[float],
    *,
    connections: int = 32,
) -> list[Answered]:
    """Send request *i* at `arrivals[i]` (seconds from now, rising), over so many connections.

    When all connections are busy, a request is sent late and its wait counts.

    Raises:
        ValueError: If there are fewer requests than arrivals.
    """
    if len(posts) < len(arrivals):
        raise ValueError("every arrival needs a request")
    start = time.perf_counter()

    def sent(caller: Caller, number: int) -> Answered:
        due = start + arrivals[number]
        time.sleep(max(0.0, due - time.perf_counter()))
        return _send(caller, posts[number], number, due=due)

    return _run(connect, sent, count=len(arrivals), clients=connections)


def per_second(answered: Sequence[Answered]) -> float:
    """Answers a second, from the first request to the last answer."""
    first, last = min(one.due for one in answered), max(one.done for one in answered)
    return len(answered) / (last - first)


def _send(caller: Caller, post: Post, number: int, *, due: float) -> Answered:
    body = caller.post(post.path, post.body)
    return Answered(number=number, due=due, done=time.perf_counter(), body=body)


def _run(
    connect: Callable[[], AbstractContextManager[Caller]],
    sent: Callable[[Caller, int], Answered],
    *,
    count: int,
    clients: int,
) -> list[Answered]:
    """Answers by number; every client takes the next number that nobody has taken."""
    numbers = itertools.count()

    def work(caller: Caller) -> list[Answered]:
        return [sent(caller, number) for number in _taken(numbers, count)]

    with ExitStack() as connections, ThreadPoolExecutor(clients) as pool:
        callers = [connections.enter_context(connect()) for _ in range(clients)]
        done = [answer for part in pool.map(work, callers) for answer in part]
    return sorted(done, key=lambda answer: answer.number)


def _taken(numbers: itertools.count[int], count: int) -> Iterator[int]:
    return itertools.takewhile(lambda number: number < count, numbers)
