"""Opening local backends in tests, and comparing what two backends answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.errors import EntryNotFoundError
from memory_service.model.read import Order, PageRequest
from memory_service.protocols import EmbedderIdentity
from tests.support.builders import DIMENSIONS, a_vector
from tests.support.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    import numpy.typing as npt

    from memory_service.model.filters import Filter
    from memory_service.model.history import AsOf, Version
    from memory_service.model.read import LexicalLeg, Surroundings
    from memory_service.protocols import Backend, Reader, Vectors

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


def assert_same_past(
    left: Backend,
    right: Backend,
    *,
    now: datetime,
    as_of: AsOf | None = None,
    filter: Filter | None = None,
) -> None:
    """Both know the same of what was: what can be taken back, every version, a moment's lists."""
    for summary in right.namespaces():
        name = summary.name
        found = left.forgotten(name, filter, now=now)
        assert found == right.forgotten(name, filter, now=now)
        for id in {change.id for change in right.changes(0, 10_000) if change.namespace == name}:
            assert _history(left, name, id, now) == _history(right, name, id, now)
        for order in Order:
            request = PageRequest(
                namespace=name, now=now, limit=10_000, order=order, as_of=as_of, filter=filter
            )
            assert left.page(request) == right.page(request)


def _history(backend: Backend, name: str, id: str, now: datetime) -> tuple[Version, ...]:
    try:
        return backend.history(name, id, now=now, limit=100)
    except EntryNotFoundError:
        return ()


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
        np.testing.assert_array_equal(one.recent(3), other.recent(3))
        for text in texts:
            _assert_same_lexical(one, other, text, depth)
        for seed in (1, 2, 3):
            _assert_same_dense(one, other, seed, depth)
        _assert_same_surroundings(one, other, last=right.status().position.seq)


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
    assert found.vectors is not None
    assert wanted.vectors is not None
    _assert_same_vectors(found.vectors, wanted.vectors)
    assert one.ids(every) == other.ids(every)
    assert one.fetch(every) == other.fetch(every)


def assert_equal_surroundings(found: Surroundings, wanted: Surroundings) -> None:
    """The same entries and all that is known of them; the sessions' numbers may differ."""
    for name in ("ordinals", "before", "after", "speakers", "lengths", "asks", "days", "written"):
        column, expected = getattr(found, name), getattr(wanted, name)
        np.testing.assert_array_equal(column, expected, err_msg=name)
        assert column.dtype == expected.dtype
    assert found.speaker_names == wanted.speaker_names
    np.testing.assert_array_equal(_equal(found.sessions), _equal(wanted.sessions))
    np.testing.assert_array_equal(found.sessions < 0, wanted.sessions < 0)


def _assert_same_surroundings(one: Reader, other: Reader, *, last: int) -> None:
    """Of every ordinal there may be, seen or not."""
    every = np.arange(-1, last + 2)
    np.random.default_rng(len(other.recent(1_000))).shuffle(every)
    found, wanted = one.surroundings(every), other.surroundings(every)
    assert_equal_surroundings(found, wanted)
    assert_equal_surroundings(one.with_neighbours(every), other.with_neighbours(every))
    for reach in (0, 1, 3):
        for beside, expected in zip(
            one.around(every, reach), other.around(every, reach), strict=True
        ):
            np.testing.assert_array_equal(beside, expected)
    for ordinal in every[:5].tolist():
        assert one.neighbours(ordinal, 2, 1) == other.neighbours(ordinal, 2, 1)
    _assert_same_vectors(one.vectors(every), other.vectors(every))
    names = ["priority", "a/b", "x~y", "none"]
    np.testing.assert_array_equal(one.numbers(every, names), other.numbers(every, names))


def _equal(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which pairs are equal."""
    return np.equal(numbers[:, np.newaxis], numbers)


def _assert_same_vectors(found: Vectors, wanted: Vectors) -> None:
    """Row by row; an oracle that never saw a vector does not know their length."""
    known = ~np.isnan(wanted).all(axis=1)
    np.testing.assert_array_equal(~np.isnan(found).any(axis=1), known)
    if known.any():
        np.testing.assert_array_equal(found[known], wanted[known])
