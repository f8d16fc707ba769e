"""What every backend promises of a write: its outcomes, its key, its place among others."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from memory_service.errors import (
    IdempotencyKeyReusedError,
    IdTakenError,
    InvalidInputError,
    NamespaceNotFoundError,
    VersionConflictError,
)
from memory_service.model.entry import contextual_key
from memory_service.model.position import BEGINNING
from memory_service.model.write import (
    AddVectors,
    ConfigureNamespace,
    DropNamespace,
    Forget,
    Idempotency,
    OnConflict,
    OutcomeStatus,
)
from memory_service.store.chain import first_odd
from tests.support.backends import entry_of, ids_of, outcome_of
from tests.support.builders import a_draft, a_put, a_write
from tests.support.clock import START, ManualClock

if TYPE_CHECKING:
    from memory_service.protocols import Backend


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

    entry = entry_of(backend)
    assert entry.draft == draft
    assert contextual_key(entry.draft) == contextual_key(draft)
    assert (entry.created_at, entry.updated_at, entry.version) == (created_at, START, 1)
    assert entry.embedded


def test_a_namespace_comes_with_its_first_put_and_not_before(backend: Backend) -> None:
    for operation in (Forget(id="a"), DropNamespace(), AddVectors(ordinal=1, passages=())):
        with pytest.raises(NamespaceNotFoundError):
            backend.apply(a_write(operation))
    with pytest.raises(NamespaceNotFoundError):
        entry_of(backend)
    with (
        pytest.raises(NamespaceNotFoundError),
        backend.reader("ns", filter=None, now=START),
    ):
        pass

    backend.apply(a_write(a_put()))

    assert [summary.name for summary in backend.namespaces()] == ["ns"]


def test_a_refused_first_put_makes_no_namespace(backend: Backend) -> None:
    outcome = outcome_of(backend, a_put(if_version=3))

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

    outcome = outcome_of(backend, a_put(text="Other words.", **fields))

    assert (outcome.status, outcome.version) == (status, version)
    assert entry_of(backend).version == version


def test_an_equal_put_writes_nothing(backend: Backend) -> None:
    first = backend.apply(a_write(a_put()))

    again = backend.apply(a_write(a_put(on_conflict=OnConflict.REPLACE), a_put(if_version=1)))

    assert [outcome.status for outcome in again.outcomes] == [OutcomeStatus.DUPLICATE] * 2
    assert again.position == first.position


def test_the_same_instant_in_another_offset_is_another_entry(backend: Backend) -> None:
    there = START.astimezone(timezone(timedelta(hours=14)))
    backend.apply(a_write(a_put(event_time=START)))

    outcome = outcome_of(backend, a_put(event_time=there, on_conflict=OnConflict.REPLACE))

    assert outcome.status is OutcomeStatus.REPLACED
    assert contextual_key(entry_of(backend).draft).header == "[2026-01-02] "


def test_equal_content_is_named_or_collapsed(backend: Backend) -> None:
    backend.apply(a_write(a_put("a"), a_put("b", kind="fact")))

    stored = outcome_of(backend, a_put("c"))
    collapsed = outcome_of(backend, a_put("d", collapse=True))

    assert (stored.status, stored.duplicate_of) == (OutcomeStatus.CREATED, ("a", "b"))
    assert (collapsed.status, collapsed.id) == (OutcomeStatus.DUPLICATE, "a")
    assert collapsed.duplicate_of == ("a", "b", "c")
    assert ids_of(backend) == ["a", "b", "c"]


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
    assert entry_of(backend).version == 1


def test_an_atomic_write_is_done_whole_or_not_at_all(backend: Backend) -> None:
    before = backend.apply(a_write(a_put("a"))).position

    with pytest.raises(IdTakenError):
        backend.apply(a_write(a_put("b"), a_put("a", text="Other."), atomic=True))
    with pytest.raises(VersionConflictError):
        backend.apply(a_write(a_put("b"), Forget(id="a", if_version=7), atomic=True))

    assert ids_of(backend) == ["a"]
    assert backend.status().position == before


def test_a_key_that_was_used_gives_the_first_receipt(backend: Backend, clock: ManualClock) -> None:
    known = Idempotency(key="k", body_digest=b"1")
    first = backend.apply(a_write(a_put(), idempotency=known))

    again = backend.apply(a_write(a_put("b"), idempotency=known))

    assert again == replace(first, replayed=True)
    assert backend.replay("ns", known) == again
    assert backend.replay("other", known) is None
    assert ids_of(backend) == ["a"]
    with pytest.raises(IdempotencyKeyReusedError):
        backend.apply(a_write(a_put(), idempotency=replace(known, body_digest=b"2")))
    clock.advance(hours=24)
    assert backend.replay("ns", known) is None


def test_a_language_is_set_while_the_namespace_is_empty(backend: Backend) -> None:
    german, english = ({"language": name} for name in ("german", "english"))
    created = outcome_of(backend, ConfigureNamespace(settings=german))
    backend.apply(a_write(a_put(text="Die Häuser stehen leer.")))

    same = outcome_of(backend, ConfigureNamespace(settings=german))

    assert (created.status, same.status) == (OutcomeStatus.CREATED, OutcomeStatus.DUPLICATE)
    with backend.reader("ns", filter=None, now=START) as reader:
        assert reader.lexical("Haus", 5).ordinals.tolist() == [2]
    for settings in (english, {"language": "klingon"}, {"colour": "red"}):
        with pytest.raises(InvalidInputError):
            backend.apply(a_write(ConfigureNamespace(settings=settings)))
    assert backend.namespaces()[0].settings == german


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
        versions.append(entry_of(backend).version)
        assert ids_of(backend) == ["a", "b"]
    writer.join()

    assert versions == sorted(versions)
    assert entry_of(backend).version == 41


def test_writes_from_many_threads_all_count(backend: Backend) -> None:
    def write(worker: int) -> None:
        for number in range(5):
            backend.apply(a_write(a_put(f"{worker}-{number}", seed=worker)))

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert backend.status().entries == len(ids_of(backend)) == 30
    assert first_odd(backend.changes(0, 100), BEGINNING) is None
