"""What every backend promises of a sample of a namespace's entries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.write import DropNamespace, Forget
from tests.support.builders import a_put, a_write
from tests.support.clock import START

if TYPE_CHECKING:
    from datetime import datetime

    from memory_service.model.filters import Filter
    from memory_service.protocols import Backend

EXPIRY = START + timedelta(hours=1)


def sample(
    backend: Backend, count: int, now: datetime = START, filter: Filter | None = None
) -> list[int]:
    with backend.reader("ns", filter=filter, now=now) as reader:
        found = reader.sample(count)
    assert found.dtype == np.int64
    ordinals: list[int] = found.tolist()
    return ordinals


def fill(backend: Backend, count: int) -> list[int]:
    """Write so many entries, forget every fifth, let every seventh expire; what is left then."""
    puts = [
        a_put(str(n), seed=None, expires_at=EXPIRY if n % 7 == 0 else None)
        for n in range(1, count + 1)
    ]
    backend.apply(a_write(*puts))
    backend.apply(a_write(*(Forget(id=str(n)) for n in range(5, count + 1, 5))))
    return [n for n in range(1, count + 1) if n % 5 and n % 7]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 40, 54, 55, 56, 500])
def test_a_sample_is_spread_evenly_over_what_is_alive(backend: Backend, count: int) -> None:
    live = fill(backend, 80)

    found = sample(backend, count, now=EXPIRY)

    places = [live.index(ordinal) for ordinal in found]
    assert len(places) == min(count, len(live))
    if len(live) <= count:
        assert found == live
    else:
        assert places == [place * len(live) // count for place in range(count)]


def test_a_sample_is_the_same_for_the_same_entries(backend: Backend) -> None:
    fill(backend, 80)

    before = sample(backend, 10)
    backend.apply(a_write(a_put("1", seed=None), namespace="elsewhere"))

    assert sample(backend, 10) == before == sorted(set(before))


def test_what_expires_leaves_the_sample_at_that_instant(backend: Backend) -> None:
    fill(backend, 14)

    before, after = sample(backend, 99), sample(backend, 99, now=EXPIRY)

    assert set(before) - set(after) == {7, 14}


def test_a_sample_is_of_the_whole_namespace_whatever_the_filter(backend: Backend) -> None:
    backend.apply(a_write(*(a_put(str(n), kind="x" if n else "fact") for n in range(4))))
    only_facts = Compare(field=Field.KIND, operator=Operator.EQ, values=("fact",))

    assert sample(backend, 9, filter=only_facts) == [1, 2, 3, 4]


def test_an_edit_counts_as_written_last(backend: Backend) -> None:
    backend.apply(a_write(a_put("a"), a_put("b"), a_put("c")))
    backend.apply(a_write(a_put("a", "New.", if_version=1)))

    assert sample(backend, 9) == [2, 3, 4]


def test_of_an_emptied_namespace_the_sample_is_empty(backend: Backend) -> None:
    backend.apply(a_write(a_put("a"), a_put("b")))
    backend.apply(a_write(Forget(id="a"), Forget(id="b")))

    assert sample(backend, 5) == []


def test_a_namespace_that_comes_again_is_sampled_anew(backend: Backend) -> None:
    fill(backend, 10)
    backend.apply(a_write(DropNamespace()))
    backend.apply(a_write(a_put("a"), a_put("b")))

    found = sample(backend, 5)

    with backend.reader("ns", filter=None, now=START) as reader:
        assert reader.ids(np.array(found)) == ["a", "b"]
