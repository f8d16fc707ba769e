"""A local backend with entries in it, and comparing what it answers before and after."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.write import Forget
from tests.support.builders import a_put, a_vector, a_write
from tests.support.clock import START
from tests.support.stores import open_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from memory_service.backends.local import LocalBackend, LocalOptions
    from memory_service.model.read import DenseLeg, LexicalLeg


@contextmanager
def opened(folder: Path, options: LocalOptions | None = None) -> Iterator[LocalBackend]:
    """A local backend, closed in the end."""
    backend = open_local(folder, options=options)
    try:
        yield backend
    finally:
        backend.close()


def fill(backend: LocalBackend) -> None:
    """Twelve entries, some replaced, some forgotten; the last writes are in no snapshot."""
    words = ["launch", "june", "rocket", "team", "budget"]
    for number in range(12):
        text = " ".join(words[number % 5 :] + words[: number % 3])
        backend.apply(a_write(a_put(str(number), text=text, seed=number)))
    backend.apply(a_write(a_put("3", text="The launch moved.", seed=40, if_version=1)))
    backend.apply(a_write(Forget(id="5"), Forget(id="7")))


def legs_of(backend: LocalBackend) -> tuple[LexicalLeg, DenseLeg]:
    """What it finds by words and by a vector."""
    with backend.reader("ns", filter=None, now=START) as reader:
        return reader.lexical("the launch of the rocket in june", 8), reader.dense(a_vector(3), 8)


def assert_identical(before: tuple[LexicalLeg, DenseLeg], backend: LocalBackend) -> None:
    """To the last bit."""
    lexical, dense = legs_of(backend)
    np.testing.assert_array_equal(lexical.ordinals, before[0].ordinals)
    np.testing.assert_array_equal(lexical.scores, before[0].scores)
    assert lexical.query == before[0].query
    np.testing.assert_array_equal(dense.ordinals, before[1].ordinals)
    np.testing.assert_array_equal(dense.scores, before[1].scores)
    np.testing.assert_array_equal(dense.parts, before[1].parts)


def was_rebuilt(caplog: pytest.LogCaptureFixture) -> bool:
    """Whether the log says that the index was built anew."""
    return "is built from the store" in caplog.text
