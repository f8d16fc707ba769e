"""A filter in SQL means what it means in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from memory_service.model.read import PageRequest
from memory_service.model.write import DropNamespace, OnConflict, Put
from tests.properties.strategies import FILTERS, drafts
from tests.support.builders import a_put, a_write
from tests.support.clock import START
from tests.support.filters import matches
from tests.support.stores import open_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.backends.local import LocalBackend
    from memory_service.model.entry import EntryDraft
    from memory_service.model.filters import Filter


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBackend]:
    folder: Path = tmp_path_factory.mktemp("filters")
    opened = open_local(folder)
    yield opened
    opened.close()


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(entries=st.lists(drafts(), max_size=5), filters=st.lists(FILTERS, min_size=4, max_size=8))
def test_sql_and_python_agree(
    backend: LocalBackend, entries: list[EntryDraft], filters: list[Filter]
) -> None:
    puts = [Put(draft=each, passages=None, on_conflict=OnConflict.REPLACE) for each in entries]
    backend.apply(a_write(*puts, a_keeper()))
    everything = backend.page(PageRequest(namespace="ns", now=START, limit=100)).entries

    for filter in filters:
        found = backend.page(PageRequest(namespace="ns", now=START, limit=100, filter=filter))
        wanted = [entry for entry in everything if matches(filter, entry)]
        assert list(found.entries) == wanted
        with backend.reader("ns", filter=filter, now=START) as reader:
            assert sorted(reader.recent(100).tolist()) == sorted(each.ordinal for each in wanted)

    backend.apply(a_write(DropNamespace()))


def a_keeper() -> Put:
    """An entry that is always there, so that the namespace is."""
    return a_put("keeper", seed=None)
