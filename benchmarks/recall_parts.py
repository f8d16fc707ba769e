"""What `bench-recall` measures, part by part; every ratio within one run, in turns."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.filling import SHARES
from benchmarks.loads import (
    Post,
    closed_loop,
    even_arrivals,
    open_loop,
    per_second,
    poisson_arrivals,
)
from benchmarks.percentiles import percentiles
from benchmarks.site import TEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from benchmarks.http_calls import HttpCaller
    from benchmarks.site import Site, Timed

#: Queries of one batch recall.
BATCH = 32
#: Callers at once.
CLIENTS = 8
#: Writes a second while recalls go on.
WRITES = 50.0
_ROUNDS = 6
#: Every default of the service.
_AS_AGENTS_ASK: Mapping[str, object] = {}
#: Recalls of one side before the other has its turn.
_TURN = 20


def _filters() -> Iterator[tuple[str, Mapping[str, object] | None]]:
    yield "none", None
    for tag, one_in in SHARES.items():
        percent = f"{100 / one_in:g} %"
        yield f"tag, {percent}", {"tags": {"any": [tag]}}
        yield f"number, {percent}", {"metadata.part": {"lt": 1_000 // one_in}}


#: By name: none, and those that keep a share of the entries, by a tag and by a number.
FILTERS = dict(_filters())


def loads(site: Site, *, questions: int, rate: float, seconds: float, seed: int) -> dict[str, Any]:
    """One caller after the other, as agents ask, and callers who come when they come."""
    arrivals = poisson_arrivals(rate, seconds, seed=seed)
    posts = site.posts(len(arrivals))
    return {
        "closed": _parts(site.ask(site.posts(questions))),
        "as_an_agent_asks": _parts(site.ask(site.posts(questions, _AS_AGENTS_ASK))),
        "open": {
            "rate": rate,
            "seconds": seconds,
            **_parts(site.timed(posts, open_loop(site.connect, posts, arrivals))),
        },
    }


def against_bare(
    site: Site, bare: Callable[[], AbstractContextManager[HttpCaller]], *, questions: int
) -> dict[str, Any]:
    """The same questions to the daemon and to the bare application, in turns."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(max(2, questions // _TURN)):
        posts = site.posts(_TURN)
        ours += [one.beyond for one in site.ask(posts)]
        plain = [_plain(post) for post in posts]
        theirs += [one.milliseconds for one in closed_loop(bare, plain)]
    # The first turns warm the bare application up.
    return _compared(ours[_TURN:], theirs[_TURN:], names=("ours", "bare"))


def in_batches(site: Site, *, rounds: int = _ROUNDS) -> dict[str, Any]:
    """So many queries one by one and in one call, in turns; the model's time counts."""
    single, together = [], []
    for _ in range(rounds):
        calls = closed_loop(site.connect, site.posts(BATCH))
        single.append(sum(one.milliseconds for one in calls))
        together += [one.milliseconds for one in closed_loop(site.connect, [site.batch(BATCH)])]
    return {
        "queries": BATCH,
        "one_by_one": median(single),
        "in_one_call": median(together),
        "ratio": median(single) / median(together),
    }


def with_many_clients(site: Site, *, questions: int, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Recalls a second of one client and of several at once, in turns."""
    alone, together = [], []
    for _ in range(rounds):
        posts = site.posts(max(CLIENTS, questions // rounds))
        alone.append(per_second(closed_loop(site.connect, posts)))
        posts = site.posts(len(posts))
        together.append(per_second(closed_loop(site.connect, posts, clients=CLIENTS)))
    return {
        "clients": CLIENTS,
        "alone": median(alone),
        "together": median(together),
        "ratio": median(together) / median(alone),
    }


def beside_writes(
    site: Site, *, rate: float, seconds: float, seed: int, rounds: int = 4
) -> dict[str, Any]:
    """Recalls that arrive while entries are written, and while none are, in turns."""
    quiet: list[float] = []
    busy: list[float] = []
    written: list[float] = []
    for number in range(rounds):
        arrivals = poisson_arrivals(rate, seconds / rounds, seed=seed + number)
        quiet += _walls(site, arrivals)
        with ThreadPoolExecutor(1) as pool:
            moments = even_arrivals(WRITES, seconds / rounds)
            entries = _new_entries(site, len(moments), mark=f"{seed}-{number}")
            writing = pool.submit(open_loop, site.connect, entries, moments, connections=8)
            busy += _walls(site, arrivals)
            written += [one.milliseconds for one in writing.result()]
    compared = _compared(busy, quiet, names=("beside_writes", "without"))
    p99 = compared["beside_writes"]["p99"] / compared["without"]["p99"]
    return {
        "writes_per_second": WRITES,
        **compared,
        "p99_ratio": p99,
        "a_write": asdict(percentiles(written)),
    }


def filters(site: Site, *, questions: int) -> dict[str, Any]:
    """Recalls under filters that keep a share of the entries, and without one, in turns."""
    beyond: dict[str, list[float]] = {}
    for _ in range(max(1, questions // _TURN)):
        for name, filter in FILTERS.items():
            chosen = {"filter": filter} if filter else {}
            timed = site.ask(site.posts(_TURN, {**TEN, **chosen}))
            beyond.setdefault(name, []).extend(one.beyond for one in timed)
    plain = median(beyond["none"])
    return {
        name: {**asdict(percentiles(values)), "ratio": median(values) / plain}
        for name, values in beyond.items()
    }


def _parts(timed: Sequence[Timed]) -> dict[str, Any]:
    """Percentiles of the whole, of what lies beyond the forward pass, and of each stage."""
    stages = sorted({name for one in timed for name in one.stages})
    rows = {
        "recall over HTTP": [one.wall for one in timed],
        "the model's forward pass": [one.forward for one in timed],
        "beyond the forward pass": [one.beyond for one in timed],
        **{f"stage {name}": [one.stages.get(name, 0.0) for one in timed] for name in stages},
    }
    measured = {name: asdict(percentiles(values)) for name, values in rows.items()}
    return {"recalls": len(timed), "milliseconds": measured}


def _compared(
    one: Sequence[float], other: Sequence[float], *, names: tuple[str, str]
) -> dict[str, Any]:
    return {
        names[0]: asdict(percentiles(one)),
        names[1]: asdict(percentiles(other)),
        "ratio": median(one) / median(other),
    }


def _walls(site: Site, arrivals: Sequence[float]) -> list[float]:
    posts = site.posts(len(arrivals))
    return [one.milliseconds for one in open_loop(site.connect, posts, arrivals)]


def _new_entries(site: Site, count: int, *, mark: str) -> list[Post]:
    """Single entries nobody has written yet, to the namespace that is asked."""
    posts = []
    for number in range(count):
        text = next(site.questions).text
        entry = {"id": f"new-{mark}-{number}", "text": text, "session": f"new-{mark}"}
        posts.append(Post(path="/v1/namespaces/space-0/entries", body=json.dumps(entry).encode()))
    return posts


def _plain(post: Post) -> Post:
    query = json.loads(post.body)["query"]
    return Post(path="/recall", body=json.dumps({"query": query, "limit": 10}).encode())
