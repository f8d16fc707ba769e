"""Opening local backends in tests, and comparing what two backends answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.model.read import Order, PageRequest
from memory_service.protocols import EmbedderIdentity
from tests.support.builders import DIMENSIONS, a_vector
from tests.support.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from memory_service.model.filters import Filter
    from memory_service.model.read import LexicalLeg
    from memory_service.protocols import Backend, Reader

#: An embedder nobody runs; the vectors of tests come from `builders.a_vector`.
IDENTITY = EmbedderIdentity(
    name="seeded",
    revision="1",
    sha256="",
    dimensions=DIMENSIONS,
    window=64,
    pooling="none",
    normalised=True,
)


def open_local(
    folder: Path,
    *,
    options: LocalOptions | None = None,
    clock: Callable[[], datetime] | None = None,
    identity: EmbedderIdentity | None = IDENTITY,
) -> LocalBackend:
    """A local backend whose nonces are zeros, as a `DictBackend`'s are."""
    backend = LocalBackend.open(
        folder, options=options or LocalOptions(), clock=clock or ManualClock(), token=bytes
    )
    backend.bind(identity)
    return backend


def assert_same_state(left: Backend, right: Backend, *, now: datetime) -> None:
    """Both say the same of themselves and hold the same entries, in the same order."""
    assert left.status().position == right.status().position
    assert left.namespaces() == right.namespaces()
    assert left.pending(1_000) == right.pending(1_000)
    assert left.expired(now, 1_000) == right.expired(now, 1_000)
    assert left.changes(0, 10_000) == right.changes(0, 10_000)
    for summary in right.namespaces():
        for order in Order:
            request = PageRequest(namespace=summary.name, now=now, limit=10_000, order=order)
            assert left.page(request) == right.page(request)
        arguments = {"now": now, "after": None, "limit": 1_000}
        assert left.sessions(summary.name, **arguments) == right.sessions(  # type: ignore[arg-type]
            summary.name,
            **arguments,  # type: ignore[arg-type]
        )


def assert_same_legs(
    left: Backend,
    right: Backend,
    namespace: str,
    *,
    now: datetime,
    texts: Iterable[str],
    filter: Filter | None = None,
    depth: int = 5,
) -> None:
    """Both find the same entries with the same scores, by words and by vectors."""
    with (
        left.reader(namespace, filter=filter, now=now) as one,
        right.reader(namespace, filter=filter, now=now) as other,
    ):
        assert one.statistics == other.statistics
        np.testing.assert_array_equal(one.recent(3), other.recent(3))
        for text in texts:
            _assert_same_lexical(one, other, text, depth)
        for seed in (1, 2, 3):
            _assert_same_dense(one, other, seed, depth)


def _assert_same_lexical(one: Reader, other: Reader, text: str, depth: int) -> None:
    assert_equal_lexical(one.lexical(text, depth), other.lexical(text, depth))
    every = other.recent(1_000)
    query = one.lexical(text, depth).query
    wanted = other.score_lexical(other.lexical(text, depth).query, every)
    assert_equal_lexical(one.score_lexical(query, every), wanted)


def assert_equal_lexical(found: LexicalLeg, wanted: LexicalLeg) -> None:
    """The same entries, scores, words and query."""
    assert [term.word for term in found.query.terms] == [term.word for term in wanted.query.terms]
    assert [term.entries for term in found.query.terms] == [
        term.entries for term in wanted.query.terms
    ]
    assert abs(found.query.bound - wanted.query.bound) < 1e-6
    np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-6)
    np.testing.assert_array_equal(found.ordinals, wanted.ordinals)
    np.testing.assert_array_equal(found.matched, wanted.matched)


def _assert_same_dense(one: Reader, other: Reader, seed: int, depth: int) -> None:
    found, wanted = one.dense(a_vector(seed), depth), other.dense(a_vector(seed), depth)
    np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-5)
    np.testing.assert_array_equal(found.ordinals, wanted.ordinals)
    np.testing.assert_array_equal(found.parts, wanted.parts)
    every = other.recent(1_000)
    found, wanted = one.score_dense(a_vector(seed), every), other.score_dense(a_vector(seed), every)
    np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-5)
    np.testing.assert_array_equal(found.parts, wanted.parts)
    assert one.ids(every) == other.ids(every)
    assert one.fetch(every) == other.fetch(every)
    for ordinal in every[:3]:
        assert one.neighbours(int(ordinal), 2, 1) == other.neighbours(int(ordinal), 2, 1)
