"""A filter over columns lets through what its SQL lets through, whatever is written meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.read import PageRequest
from memory_service.model.write import DropNamespace, Forget, OnConflict, Put
from tests.properties.strategies import FILTERS, IDS, drafts
from tests.support.builders import a_put, a_write
from tests.support.clock import START
from tests.support.stores import open_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.backends.local import LocalBackend
    from memory_service.model.filters import Filter
    from memory_service.model.write import Operation

WRITES = st.lists(
    st.builds(Put, draft=drafts(), passages=st.none(), on_conflict=st.just(OnConflict.REPLACE))
    | st.builds(Forget, id=IDS),
    max_size=4,
)
#: What callers do not send today, and the two ways still agree on.
ODD = st.one_of(
    st.builds(
        Compare,
        field=st.sampled_from([Field.KIND, Field.TURN, Field.CREATED_AT, Field.METADATA]),
        operator=st.sampled_from([Operator.EQ, Operator.NE, Operator.LT, Operator.GTE]),
        values=st.sampled_from(
            [(True,), (1,), (1.0,), ("1",), (START,), (float("nan"),), (float("inf"),)]
        ),
        key=st.just("priority"),
    ),
    st.builds(
        Compare,
        field=st.sampled_from([Field.KIND, Field.METADATA]),
        operator=st.sampled_from([Operator.LT, Operator.LTE, Operator.GT, Operator.GTE]),
        values=st.sampled_from([("fact",), ("",), ("会",), ("Z",)]),
        key=st.just("priority"),
    ),
    st.builds(
        Compare,
        field=st.just(Field.TAGS),
        operator=st.sampled_from([Operator.ANY, Operator.ALL]),
        values=st.just(()),
    ),
)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBackend]:
    folder: Path = tmp_path_factory.mktemp("columns")
    opened = open_local(folder)
    yield opened
    opened.close()


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    rounds=st.lists(WRITES, min_size=1, max_size=4),
    filters=st.lists(FILTERS | ODD, min_size=4, max_size=8),
)
def test_columns_and_sql_agree_at_any_time(
    backend: LocalBackend, rounds: list[list[Operation]], filters: list[Filter]
) -> None:
    """Columns are read in the first round and kept up in the others."""
    for operations in rounds:
        backend.apply(a_write(*operations, a_put("keeper", seed=None)))
        for filter in filters:
            page = backend.page(PageRequest(namespace="ns", now=START, limit=100, filter=filter))
            with backend.reader("ns", filter=filter, now=START) as reader:
                found = reader.recent(100)
            assert sorted(found.tolist()) == sorted(entry.ordinal for entry in page.entries)

    backend.apply(a_write(DropNamespace()))


def test_filters_that_python_holds_for_equal_are_kept_apart(backend: LocalBackend) -> None:
    put = a_put("a", metadata={"x": 1})
    backend.apply(a_write(put, a_put("b", "Other.", metadata={"x": True}), namespace="kinds"))

    found = []
    for value in (1, True, 1.0):
        filter = Compare(field=Field.METADATA, operator=Operator.EQ, values=(value,), key="x")
        with backend.reader("kinds", filter=filter, now=START) as reader:
            found.append(reader.ids(reader.recent(9)))

    assert found == [["a"], ["b"], ["a"]]


@given(
    texts=st.lists(st.text(max_size=3).filter(lambda text: "\0" not in text), max_size=4),
    wanted=st.text(max_size=3).filter(lambda text: "\0" not in text),
)
@settings(max_examples=15, deadline=None)
def test_metadata_texts_are_read_as_they_were_written(
    backend: LocalBackend, texts: list[str], wanted: str
) -> None:
    """Quotes, backslashes and control characters too."""
    puts = [a_put(str(place), metadata={"x": text}) for place, text in enumerate(texts)]
    backend.apply(a_write(*puts, a_put("keeper"), namespace="texts"))

    filters = [
        Compare(field=Field.METADATA, operator=Operator.EQ, values=(one,), key="x")
        for one in [*texts, wanted]
    ]
    for filter in filters:
        with backend.reader("texts", filter=filter, now=START) as reader:
            found = reader.ids(reader.recent(9))
        assert sorted(found) == [str(n) for n, text in enumerate(texts) if text == filter.values[0]]

    backend.apply(a_write(DropNamespace(), namespace="texts"))


def test_numbers_follow_what_is_written(backend: LocalBackend) -> None:
    values = [3, 0.5, True, "7", None, -(2**53) - 1]
    wanted = [3, 0.5, np.nan, np.nan, np.nan, float(-(2**53) - 1)]
    for place, value in enumerate(values):
        backend.apply(a_write(a_put(str(place), metadata={"n": value}), namespace="numbers"))
        with backend.reader("numbers", filter=None, now=START) as reader:
            every = reader.recent(9)[::-1]
            np.testing.assert_array_equal(reader.numbers(every, ["n"])[:, 0], wanted[: place + 1])
