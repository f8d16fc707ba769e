"""What every backend promises; `DictBackend` is both one of them and the oracle for the others."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from memory_service.errors import (
    EntryNotFoundError,
    IdempotencyKeyReusedError,
    IdTakenError,
    InvalidInputError,
    NamespaceNotFoundError,
    VersionConflictError,
)
from memory_service.model.entry import Span, contextual_key
from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.read import ChangeKind, Order, PageRequest
from memory_service.model.write import (
    AddVectors,
    ConfigureNamespace,
    DropNamespace,
    Forget,
    ForgetReason,
    Idempotency,
    OnConflict,
    OutcomeStatus,
)
from memory_service.store.chain import first_break
from tests.support.builders import a_draft, a_put, a_vector, a_write, passages_of
from tests.support.clock import START, ManualClock
from tests.support.dict_backend import DictBackend
from tests.support.stores import open_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.model.entry import Entry
    from memory_service.model.write import Outcome
    from memory_service.protocols import Backend


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["dict", "local"])
def backend(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[Backend]:
    opened: Backend = (
        DictBackend(clock=clock) if request.param == "dict" else open_local(tmp_path, clock=clock)
    )
    yield opened
    opened.close()


def _ids(backend: Backend, **fields: object) -> list[str]:
    request = PageRequest(namespace="ns", now=START, limit=100)
    page = backend.page(replace(request, **fields))  # type: ignore[arg-type]  # of PageRequest
    return [entry.id for entry in page.entries]


def _get(backend: Backend, id: str = "a") -> Entry:
    return backend.get("ns", id, now=START)


def _only(backend: Backend, *operations: object, **fields: object) -> Outcome:
    receipt = backend.apply(a_write(*operations, **fields))  # type: ignore[arg-type]  # of a_write
    return receipt.outcomes[-1]


def test_an_entry_comes_back_as_it_was_given(backend: Backend) -> None:
    draft = a_draft(
        summary="Sum\nmary",
        kind="fact",
        scope="team/x",
        tags=("b", "a"),
        metadata={"n": 1, "x": 1.5, "yes": True, "none": None, "'; --": "💡"},
        session="s",
        turn=-3,
        speaker="Ann",
        source="slack",
        event_time=datetime(2024, 5, 20, 9, 30, tzinfo=timezone(timedelta(hours=2))),
        expires_at=START + timedelta(hours=1),
    )
    created_at = datetime(2020, 2, 2, tzinfo=UTC)
    put = replace(a_put(), draft=draft, created_at=created_at)

    backend.apply(a_write(put))

    entry = _get(backend)
    assert entry.draft == draft
    assert contextual_key(entry.draft) == contextual_key(draft)
    assert (entry.created_at, entry.updated_at, entry.version) == (created_at, START, 1)
    assert entry.embedded


def test_a_namespace_comes_with_its_first_put_and_not_before(backend: Backend) -> None:
    for operation in (Forget(id="a"), DropNamespace(), AddVectors(ordinal=1, passages=())):
        with pytest.raises(NamespaceNotFoundError):
            backend.apply(a_write(operation))
    with pytest.raises(NamespaceNotFoundError):
        _get(backend)
    with (
        pytest.raises(NamespaceNotFoundError),
        backend.reader("ns", filter=None, now=START),
    ):
        pass

    backend.apply(a_write(a_put()))

    assert [summary.name for summary in backend.namespaces()] == ["ns"]


def test_a_refused_first_put_makes_no_namespace(backend: Backend) -> None:
    outcome = _only(backend, a_put(if_version=3))

    assert (outcome.status, outcome.error_code) == (OutcomeStatus.REJECTED, "version_conflict")
    assert backend.namespaces() == []


@pytest.mark.parametrize(
    ("fields", "status", "version"),
    [
        ({}, OutcomeStatus.REJECTED, 1),
        ({"on_conflict": OnConflict.KEEP}, OutcomeStatus.KEPT, 1),
        ({"on_conflict": OnConflict.REPLACE}, OutcomeStatus.REPLACED, 2),
        ({"if_version": 1}, OutcomeStatus.UPDATED, 2),
        ({"if_version": 1, "on_conflict": OnConflict.REPLACE}, OutcomeStatus.UPDATED, 2),
        ({"if_version": 0, "on_conflict": OnConflict.REPLACE}, OutcomeStatus.REJECTED, 1),
        ({"if_version": 2}, OutcomeStatus.REJECTED, 1),
    ],
)
def test_a_put_to_a_taken_id(
    backend: Backend, fields: dict[str, Any], status: OutcomeStatus, version: int
) -> None:
    backend.apply(a_write(a_put()))

    outcome = _only(backend, a_put(text="Other words.", **fields))

    assert (outcome.status, outcome.version) == (status, version)
    assert _get(backend).version == version


def test_an_equal_put_writes_nothing(backend: Backend) -> None:
    first = backend.apply(a_write(a_put()))

    again = backend.apply(a_write(a_put(on_conflict=OnConflict.REPLACE), a_put(if_version=1)))

    assert [outcome.status for outcome in again.outcomes] == [OutcomeStatus.DUPLICATE] * 2
    assert again.position == first.position


def test_the_same_instant_in_another_offset_is_another_entry(backend: Backend) -> None:
    there = START.astimezone(timezone(timedelta(hours=14)))
    backend.apply(a_write(a_put(event_time=START)))

    outcome = _only(backend, a_put(event_time=there, on_conflict=OnConflict.REPLACE))

    assert outcome.status is OutcomeStatus.REPLACED
    assert contextual_key(_get(backend).draft).header == "[2026-01-02] "


def test_equal_content_is_named_or_collapsed(backend: Backend) -> None:
    backend.apply(a_write(a_put("a"), a_put("b", kind="fact")))

    stored = _only(backend, a_put("c"))
    collapsed = _only(backend, a_put("d", collapse=True))

    assert (stored.status, stored.duplicate_of) == (OutcomeStatus.CREATED, ("a", "b"))
    assert (collapsed.status, collapsed.id) == (OutcomeStatus.DUPLICATE, "a")
    assert collapsed.duplicate_of == ("a", "b", "c")
    assert _ids(backend) == ["a", "b", "c"]


def test_operations_of_one_write_see_each_other(backend: Backend) -> None:
    receipt = backend.apply(
        a_write(
            a_put("a"),
            a_put("a", text="Second.", on_conflict=OnConflict.REPLACE),
            Forget(id="a"),
            a_put("a", text="Third."),
            a_put("b", text="Third.", collapse=True),
        )
    )

    assert [outcome.status.value for outcome in receipt.outcomes] == [
        "created",
        "replaced",
        "forgotten",
        "created",
        "duplicate",
    ]
    assert _get(backend).version == 1


def test_an_atomic_write_is_done_whole_or_not_at_all(backend: Backend) -> None:
    before = backend.apply(a_write(a_put("a"))).position

    with pytest.raises(IdTakenError):
        backend.apply(a_write(a_put("b"), a_put("a", text="Other."), atomic=True))
    with pytest.raises(VersionConflictError):
        backend.apply(a_write(a_put("b"), Forget(id="a", if_version=7), atomic=True))

    assert _ids(backend) == ["a"]
    assert backend.status().position == before


def test_forgetting_is_visible_at_once_everywhere(backend: Backend) -> None:
    backend.apply(a_write(a_put("a", seed=1), a_put("b", seed=2, text="June again.")))

    outcome = _only(backend, Forget(id="a"))
    again = _only(backend, Forget(id="a"))

    assert (outcome.status, outcome.version) == (OutcomeStatus.FORGOTTEN, 1)
    assert again.status is OutcomeStatus.MISSING
    with pytest.raises(EntryNotFoundError):
        _get(backend)
    with backend.reader("ns", filter=None, now=START) as reader:
        assert reader.statistics.entries == 1
        assert reader.lexical("june", 10).ordinals.tolist() == [2]
        assert reader.dense(a_vector(1), 10).ordinals.tolist() == [2]
        assert reader.fetch(np.array([1])) == [None]
        assert reader.ids(np.array([1, 2])) == ["", "b"]


def test_expiry_hides_at_its_instant_and_the_sweep_takes_it(backend: Backend) -> None:
    expires = START + timedelta(hours=1)
    backend.apply(a_write(a_put("a", expires_at=expires), a_put("b", seed=2)))

    with backend.reader("ns", filter=None, now=expires) as reader:
        assert reader.lexical("june", 10).ordinals.tolist() == [2]
        assert reader.dense(a_vector(1), 10).ordinals.tolist() == [2]
        assert reader.recent(5).tolist() == [2]
        assert np.isnan(reader.score_dense(a_vector(1), np.array([1])).scores[0])
        assert reader.statistics.entries == 2
    assert _ids(backend, now=expires) == ["b"]
    assert backend.expired(expires - timedelta(microseconds=1), 5) == []
    assert backend.expired(expires, 5) == [("ns", "a")]
    sweep = Forget(id="a", reason=ForgetReason.EXPIRED)
    assert _only(backend, sweep).status is OutcomeStatus.MISSING
    assert _only(backend, Forget(id="a"), now=expires).status is OutcomeStatus.MISSING
    assert _only(backend, sweep, now=expires).status is OutcomeStatus.FORGOTTEN
    assert backend.changes(2, 5)[0].kind is ChangeKind.EXPIRE


def test_an_expired_entry_makes_room_for_a_new_one(backend: Backend) -> None:
    expires = START + timedelta(hours=1)
    backend.apply(a_write(a_put(expires_at=expires)))

    outcome = _only(backend, a_put(text="New."), now=expires)

    assert (outcome.status, outcome.version) == (OutcomeStatus.CREATED, 1)
    assert backend.get("ns", "a", now=expires).created_at == expires


def test_an_entry_without_vectors_is_found_by_words_until_they_come(backend: Backend) -> None:
    backend.apply(a_write(a_put(seed=None)))

    waiting = backend.pending(5)
    with backend.reader("ns", filter=None, now=START) as reader:
        assert reader.lexical("june", 5).ordinals.tolist() == [1]
        assert reader.dense(a_vector(1), 5).ordinals.tolist() == []
    add = AddVectors(ordinal=1, passages=passages_of(a_draft(), 1, 2))
    outcome = _only(backend, add)

    assert [(each.namespace, each.ordinal) for each in waiting] == [("ns", 1)]
    assert waiting[0].key == contextual_key(a_draft())
    assert (outcome.status, outcome.embedded) == (OutcomeStatus.UPDATED, True)
    assert _only(backend, add).status is OutcomeStatus.MISSING
    assert backend.pending(5) == []
    assert (_get(backend).embedded, _get(backend).version) == (True, 1)
    with backend.reader("ns", filter=None, now=START) as reader:
        leg = reader.dense(a_vector(2), 5)
        assert (leg.ordinals.tolist(), leg.parts.tolist()) == ([1], [1])


def test_vectors_for_a_version_that_is_gone_are_ignored(backend: Backend) -> None:
    backend.apply(a_write(a_put(seed=None), a_put(text="New.", seed=None, if_version=1)))

    add = AddVectors(ordinal=1, passages=passages_of(a_draft(), 1))

    assert _only(backend, add).status is OutcomeStatus.MISSING
    assert len(backend.pending(5)) == 1


def test_an_entry_of_several_passages_comes_with_their_spans(backend: Backend) -> None:
    put = replace(a_put(), passages=passages_of(a_draft(), 4, 5))
    backend.apply(a_write(put))

    with backend.reader("ns", filter=None, now=START) as reader:
        leg = reader.dense(a_vector(5), 1)
        fetched = reader.fetch(leg.ordinals)[0]

    assert leg.scores[0] == pytest.approx(1.0, abs=1e-3)
    assert fetched is not None
    assert fetched.spans[leg.parts[0]] == Span(start=12, stop=25)
    assert fetched.spans == tuple(passage.span for passage in put.passages or ())


def test_a_filter_restricts_both_legs_and_leaves_the_statistics(backend: Backend) -> None:
    puts = [a_put(id, seed=seed, kind=id) for seed, id in enumerate("abc")]
    backend.apply(a_write(*puts))
    only_b = Compare(field=Field.KIND, operator=Operator.EQ, values=("b",))

    with backend.reader("ns", filter=only_b, now=START) as reader:
        assert reader.lexical("june", 5).ordinals.tolist() == [2]
        assert reader.dense(a_vector(0), 5).ordinals.tolist() == [2]
        assert reader.recent(5).tolist() == [2]
        assert reader.statistics.entries == 3


def test_namespaces_do_not_see_each_other(backend: Backend) -> None:
    backend.apply(a_write(a_put("a", text="rocket"), namespace="one"))
    backend.apply(a_write(a_put("b", text="june"), namespace="two"))

    with backend.reader("one", filter=None, now=START) as reader:
        assert reader.lexical("june", 5).ordinals.tolist() == []
        assert reader.dense(a_vector(1), 5).ordinals.tolist() == [1]
        assert reader.fetch(np.array([2])) == [None]
        assert reader.neighbours(2, 1, 1) == []


def test_more_than_sixty_four_words_still_score_exactly(backend: Backend) -> None:
    words = [f"w{number}" for number in range(80)]
    puts = [a_put(str(n), text=" ".join(words[: n * 10 + 1]), seed=None) for n in range(8)]
    backend.apply(a_write(*puts))
    oracle = DictBackend()
    oracle.apply(a_write(*puts))

    with (
        backend.reader("ns", filter=None, now=START) as reader,
        oracle.reader("ns", filter=None, now=START) as wanted,
    ):
        found, expected = (each.lexical(" ".join(words), 10) for each in (reader, wanted))

    np.testing.assert_array_equal(found.ordinals, expected.ordinals)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6)
    np.testing.assert_array_equal(found.matched, expected.matched)
    assert [term.entries for term in found.query.terms] == [
        term.entries for term in expected.query.terms
    ]


def test_a_query_without_a_known_word_has_a_bound_and_no_hits(backend: Backend) -> None:
    backend.apply(a_write(a_put()))

    with backend.reader("ns", filter=None, now=START) as reader:
        nothing, unknown = reader.lexical("!?", 5), reader.lexical("zebra zebra", 5)

    assert (nothing.query.terms, nothing.query.bound) == ((), 0.0)
    assert unknown.ordinals.tolist() == []
    assert [(term.word, term.count) for term in unknown.query.terms] == [("zebra", 2)]
    assert unknown.query.bound == pytest.approx(2 * unknown.query.terms[0].idf)


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
        around = reader.neighbours(_get(backend, "3").ordinal, 2, 1)
        alone = reader.neighbours(_get(backend, "y").ordinal, 2, 1)

    assert [entry.id for entry in around] == ["1", "2", "4"]
    assert alone == []


def test_a_key_that_was_used_gives_the_first_receipt(backend: Backend, clock: ManualClock) -> None:
    known = Idempotency(key="k", body_digest=b"1")
    first = backend.apply(a_write(a_put(), idempotency=known))

    again = backend.apply(a_write(a_put("b"), idempotency=known))

    assert again == replace(first, replayed=True)
    assert backend.replay("ns", known) == again
    assert backend.replay("other", known) is None
    assert _ids(backend) == ["a"]
    with pytest.raises(IdempotencyKeyReusedError):
        backend.apply(a_write(a_put(), idempotency=replace(known, body_digest=b"2")))
    clock.advance(hours=24)
    assert backend.replay("ns", known) is None


def test_a_language_is_set_while_the_namespace_is_empty(backend: Backend) -> None:
    german, english = ({"language": name} for name in ("german", "english"))
    created = _only(backend, ConfigureNamespace(settings=german))
    backend.apply(a_write(a_put(text="Die Häuser stehen leer.")))

    same = _only(backend, ConfigureNamespace(settings=german))

    assert (created.status, same.status) == (OutcomeStatus.CREATED, OutcomeStatus.DUPLICATE)
    with backend.reader("ns", filter=None, now=START) as reader:
        assert reader.lexical("Haus", 5).ordinals.tolist() == [2]
    for settings in (english, {"language": "klingon"}, {"colour": "red"}):
        with pytest.raises(InvalidInputError):
            backend.apply(a_write(ConfigureNamespace(settings=settings)))
    assert backend.namespaces()[0].settings == german


def test_a_dropped_namespace_is_gone_and_comes_again_empty(backend: Backend) -> None:
    backend.apply(a_write(ConfigureNamespace(settings={"language": "german"}), a_put()))

    outcome = _only(backend, DropNamespace())
    gone = backend.namespaces()
    backend.apply(a_write(a_put("b", text="Other words.", seed=2)))

    assert (outcome.status, outcome.entries, gone) == (OutcomeStatus.FORGOTTEN, 1, [])
    assert _ids(backend) == ["b"]
    assert backend.namespaces()[0].settings == {"language": "english"}
    with backend.reader("ns", filter=None, now=START) as reader:
        assert reader.lexical("june", 5).ordinals.tolist() == []
        assert reader.dense(a_vector(1), 5).ordinals.tolist() == [4]


def test_a_drop_repeated_with_its_key_gives_the_first_receipt(backend: Backend) -> None:
    known = Idempotency(key="k", body_digest=b"1")
    backend.apply(a_write(a_put("a"), a_put("b")))
    first = backend.apply(a_write(DropNamespace(), idempotency=known))

    while_gone = backend.apply(a_write(DropNamespace(), idempotency=known))
    backend.apply(a_write(a_put("c")))
    while_there_again = backend.apply(a_write(DropNamespace(), idempotency=known))

    assert [one.entries for one in first.outcomes] == [2]
    assert while_gone == while_there_again == replace(first, replayed=True)
    assert _ids(backend) == ["c"]


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
    assert first_break(changes) is None
    assert changes[-1].position == receipt.position == backend.status().position
    assert backend.changes(3, 1) == [changes[3]]


def test_an_entry_is_there_at_every_moment_while_it_is_replaced(backend: Backend) -> None:
    backend.apply(a_write(a_put(), a_put("b")))
    done = threading.Event()

    def replace_often() -> None:
        for number in range(40):
            put = a_put(text=f"Version {number}.", on_conflict=OnConflict.REPLACE)
            backend.apply(a_write(put))
        done.set()

    writer = threading.Thread(target=replace_often)
    writer.start()
    versions = []
    while not done.is_set():
        versions.append(_get(backend).version)
        assert _ids(backend) == ["a", "b"]
    writer.join()

    assert versions == sorted(versions)
    assert _get(backend).version == 41


def test_writes_from_many_threads_all_count(backend: Backend) -> None:
    def write(worker: int) -> None:
        for number in range(5):
            backend.apply(a_write(a_put(f"{worker}-{number}", seed=worker)))

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert backend.status().entries == len(_ids(backend)) == 30
    assert first_break(backend.changes(0, 100)) is None
