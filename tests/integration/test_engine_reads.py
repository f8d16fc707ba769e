"""Reads of the engine: what has expired is in none, and lists are bounded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from memory_service.errors import EntryNotFoundError, InvalidInputError
from memory_service.model.write import OutcomeStatus
from tests.support.builders import a_draft
from tests.support.clock import START
from tests.support.engines import a_bench, texts


def test_an_entry_that_expired_is_in_no_read() -> None:
    bench = a_bench()
    bench.remember(
        a_draft("a", "one", session="s", turn=1, expires_at=START + timedelta(hours=1)),
        a_draft("b", "two", session="s", turn=2),
    )
    bench.clock.advance(hours=1)

    with pytest.raises(EntryNotFoundError):
        bench.engine.get("ns", "a")
    assert texts(bench) == ["two"]
    assert bench.engine.neighbours("ns", "b", 5).before == ()
    assert [one.entries for one in bench.engine.sessions("ns", limit=5)] == [1]
    assert [hit.entry.id for hit in bench.ask("one two").hits] == ["b"]


def test_an_entry_that_has_expired_already_is_accepted_and_hidden_at_once() -> None:
    bench = a_bench()

    receipt = bench.remember(a_draft("a", expires_at=START))

    assert receipt.outcomes[0].status is OutcomeStatus.CREATED
    with pytest.raises(EntryNotFoundError):
        bench.engine.get("ns", "a")


def test_neighbours_are_the_turns_on_each_side() -> None:
    bench = a_bench()
    bench.remember(*[a_draft(str(n), f"turn {n}", session="s", turn=n) for n in range(7)])

    found = bench.engine.neighbours("ns", "3", 2)

    assert [entry.id for entry in found.before] == ["1", "2"]
    assert [entry.id for entry in found.after] == ["4", "5"]


@pytest.mark.parametrize("limit", [0, -1, 1002])
def test_a_list_has_1_to_1001_rows(limit: int) -> None:
    bench = a_bench()
    bench.remember(a_draft("a"))

    with pytest.raises(InvalidInputError) as refused:
        bench.engine.page("ns", limit=limit)

    assert refused.value.code == "invalid_limit"
