"""Columns of filters: many texts, room, and what is in use while others write."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from memory_service.errors import StorageError
from memory_service.model.filters import And, Compare, Field, Not, Operator
from memory_service.model.selection import Selection
from memory_service.store.filtering.budget import FilterColumns
from memory_service.store.filtering.words import TextColumn
from tests.support.builders import a_put, a_write
from tests.support.clock import START
from tests.support.stores import open_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.backends.local import LocalBackend
    from memory_service.model.filters import Filter


def is_kind(kind: str) -> Filter:
    return Compare(field=Field.KIND, operator=Operator.EQ, values=(kind,))


def under(scope: str) -> Filter:
    return Compare(field=Field.SCOPE, operator=Operator.PREFIX, values=(scope,))


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[LocalBackend]:
    opened = open_local(tmp_path)
    for number in range(6):
        kind, scope = ["fact", "event", None][number % 3], f"team/{number}"
        opened.apply(a_write(a_put(str(number), f"Text {number}.", kind=kind, scope=scope)))
    yield opened
    opened.close()


def test_texts_beyond_what_is_found_again_keep_their_meaning() -> None:
    """Twenty thousand distinct texts in, and each once more: a text has several codes then."""
    texts = [f"text {number}" for number in range(20_000)]
    column = TextColumn(np.zeros(1, np.int32), pa.array(["first"]))
    column.extend(texts)
    column.extend([None, *texts[::-1]])

    for wanted in ("text 0", "text 8192", "text 19999"):
        found = np.flatnonzero(column.equal([wanted], 0, 40_002)).tolist()
        place = int(wanted.removeprefix("text "))
        assert found == [1 + place, 40_001 - place]
        assert column.equal([wanted], 1 + place, 2 + place).tolist() == [True]
    assert np.flatnonzero(column.equal(texts[:5], 20_000, 40_002)).tolist() == [
        *range(19_997, 20_002)
    ]
    assert column.present(20_000, 20_003).tolist() == [True, False, True]


def test_a_selection_that_grows_is_the_one_that_is_made_anew() -> None:
    known, passing = np.arange(0, 20, 2), np.array([True, False] * 5)
    before = Selection(known=known[:6], passing=passing[:6])
    assert before.count == len(before.ordinals)

    for after in (before.grown(known, passing), before.grown(known[:6], passing[:6])):
        fresh = Selection(known=after.known, passing=after.passing)
        np.testing.assert_array_equal(after.ordinals, fresh.ordinals)
        assert after.count == fresh.count


def test_what_was_used_longest_ago_makes_room(backend: LocalBackend) -> None:
    columns = FilterColumns(backend._database, most_bytes=9_000)
    number = backend._shelf("ns").number
    before = columns.select(number, is_kind("fact")).ordinals.tolist()

    others = [columns.select(other, is_kind("fact")).count for other in range(100, 140)]

    assert others == [0] * 40
    assert columns.nbytes <= 9_000
    assert columns.select(number, is_kind("fact")).ordinals.tolist() == before == [1, 4]


def test_one_namespace_keeps_what_is_in_use_within_any_budget(backend: LocalBackend) -> None:
    columns = FilterColumns(backend._database, most_bytes=1)
    number = backend._shelf("ns").number
    filters = [And(filters=(is_kind("fact"), Not(filter=under(f"team/{n}")))) for n in range(30)]

    found = [columns.select(number, filter).ordinals.tolist() for filter in filters * 2]

    wanted = [[ordinal for ordinal in (1, 4) if ordinal != n + 1] for n in range(30)]
    assert found == wanted * 2


def test_what_is_written_while_columns_are_read_is_in_them(backend: LocalBackend) -> None:
    """Eight threads ask for other columns while another writes; nobody misses a write."""
    fields = [Field.KIND, Field.SCOPE, Field.TAGS, Field.TURN, Field.CREATED_AT, Field.SPEAKER]
    filters = [Compare(field=field, operator=Operator.EXISTS, values=(True,)) for field in fields]
    missed: list[int] = []

    def ask(filter: Filter) -> None:
        for _ in range(20):
            least = backend.status().entries
            either = (filter, Not(filter=filter))
            with backend.reader("ns", filter=either[0], now=START) as reader:
                some = len(reader.recent(1000))
            with backend.reader("ns", filter=either[1], now=START) as reader:
                rest = len(reader.recent(1000))
            missed.extend([least] if some + rest < least else [])

    threads = [threading.Thread(target=ask, args=(filter,)) for filter in filters]
    for thread in threads:
        thread.start()
    for number in range(6, 60):
        backend.apply(a_write(a_put(str(number), f"Text {number}.", seed=None)))
    for thread in threads:
        thread.join()

    assert not missed


def test_a_namespace_of_which_much_died_is_read_anew(backend: LocalBackend) -> None:
    for round_ in range(40):
        puts = [
            a_put(f"x{number}", f"Text {number}, {round_}.", if_version=round_, seed=None)
            for number in range(30)
        ]
        backend.apply(a_write(*puts))
        with backend.reader("ns", filter=is_kind("fact"), now=START) as reader:
            assert len(reader.recent(100)) == 2

    with backend.reader("ns", filter=is_kind("fact"), now=START) as reader:
        allowed = reader._seen.allowed
    assert allowed is not None
    assert len(allowed.known) < 1_100


def test_a_failed_read_is_no_answer_for_later(backend: LocalBackend) -> None:
    backend._database._dead.set()
    with (
        pytest.raises(StorageError),
        backend.reader("ns", filter=is_kind("fact"), now=START),
    ):
        pass
    backend._database._dead.clear()

    backend.apply(a_write(a_put("new", "New.", kind="fact")))
    with backend.reader("ns", filter=is_kind("fact"), now=START) as reader:
        assert len(reader.recent(9)) == 3
