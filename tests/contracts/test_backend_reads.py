"""What every backend promises of its lists: pages, sessions, neighbours, changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

from memory_service.model.position import BEGINNING
from memory_service.model.read import Order, PageRequest
from memory_service.model.write import AddVectors, Forget, OnConflict
from memory_service.store.chain import first_odd
from tests.support.backends import entry_of
from tests.support.builders import a_draft, a_put, a_write, passages_of
from tests.support.clock import START

if TYPE_CHECKING:
    from memory_service.protocols import Backend


def test_a_walk_during_writes_neither_misses_nor_repeats(backend: Backend) -> None:
    backend.apply(a_write(*(a_put(id) for id in "abcdef")))
    request = PageRequest(namespace="ns", now=START, limit=2)

    first = backend.page(request)
    backend.apply(a_write(a_put("a", text="New.", on_conflict=OnConflict.REPLACE), Forget(id="d")))
    second = backend.page(replace(request, after=first.next))
    third = backend.page(replace(request, after=second.next))

    walked = [entry.id for page in (first, second, third) for entry in page.entries]
    assert walked == ["a", "b", "c", "e", "f"]
    assert third.next is None


def test_unchanged_are_those_that_are_held_to_the_letter(backend: Backend) -> None:
    plus_one = START.astimezone(timezone(timedelta(hours=1)))
    backend.apply(
        a_write(
            a_put("same", event_time=START),
            a_put("other"),
            a_put("forgotten"),
            a_put("expired", expires_at=START + timedelta(hours=1)),
            a_put("offset", event_time=START),
        )
    )
    backend.apply(a_write(Forget(id="forgotten")))
    drafts = [
        a_put("same", event_time=START).draft,
        a_put("other", text="Said otherwise.").draft,
        a_put("forgotten").draft,
        a_put("expired", expires_at=START + timedelta(hours=1)).draft,
        a_put("offset", event_time=plus_one).draft,
        a_put("unknown").draft,
    ]

    held = backend.unchanged("ns", drafts, now=START + timedelta(hours=2))
    nowhere = backend.unchanged("no such namespace", drafts, now=START)

    assert held == [True, False, False, False, False, False]
    assert nowhere == [False] * len(drafts)


def test_pages_by_turn_put_entries_without_one_first(backend: Backend) -> None:
    puts = [a_put(id, turn=turn) for id, turn in zip("abcd", (2, None, -1, 2), strict=True)]
    backend.apply(a_write(*puts))
    request = PageRequest(namespace="ns", now=START, limit=3, order=Order.TURN)

    first = backend.page(request)
    rest = backend.page(replace(request, after=first.next))

    assert [e.id for e in first.entries] + [e.id for e in rest.entries] == ["b", "c", "a", "d"]


def test_sessions_come_by_name_with_their_times(backend: Backend) -> None:
    times = (None, START, START + timedelta(days=1))
    puts = [a_put(str(n), session="s2", event_time=time) for n, time in enumerate(times)]
    backend.apply(a_write(*puts, a_put("x", session="s1"), a_put("y")))

    found = backend.sessions("ns", now=START, after=None, limit=5)
    rest = backend.sessions("ns", now=START, after="s1", limit=5)

    assert [(each.session, each.entries) for each in found] == [("s1", 1), ("s2", 3)]
    assert (rest[0].first_time, rest[0].last_time) == (times[1], times[2])
    assert len(rest) == 1


def test_neighbours_are_those_of_the_session_in_order(backend: Backend) -> None:
    puts = [a_put(str(turn), session="s", turn=turn) for turn in (3, 1, 4, 2, 5)]
    backend.apply(a_write(*puts, a_put("x", session="other", turn=3), a_put("y", turn=3)))

    with backend.reader("ns", filter=None, now=START) as reader:
        around = reader.neighbours(entry_of(backend, "3").ordinal, 2, 1)
        alone = reader.neighbours(entry_of(backend, "y").ordinal, 2, 1)

    assert [entry.id for entry in around] == ["1", "2", "4"]
    assert alone == []


def test_the_log_is_chained_and_names_what_came_before(backend: Backend) -> None:
    backend.apply(a_write(a_put(seed=None), a_put("b")))
    backend.apply(a_write(AddVectors(ordinal=1, passages=passages_of(a_draft(), 1))))
    receipt = backend.apply(a_write(a_put(text="New.", if_version=1), Forget(id="a")))

    changes = backend.changes(0, 10)

    assert [(change.kind.value, change.previous) for change in changes] == [
        ("put", 0),
        ("put", 0),
        ("vectors", 1),
        ("put", 3),
        ("forget", 4),
    ]
    assert first_odd(changes, BEGINNING) is None
    assert changes[-1].position == receipt.position == backend.status().position
    assert backend.changes(3, 1) == [changes[3]]
