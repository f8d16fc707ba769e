"""What every backend promises of what was: earlier versions, moments of the past, taking back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.backends.local import LocalOptions
from memory_service.errors import (
    EntryNotFoundError,
    InvalidInputError,
    NamespaceNotFoundError,
)
from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.history import Ended
from memory_service.model.position import GENESIS, Position
from memory_service.model.read import ChangeKind, Order, PageRequest
from memory_service.model.write import DropNamespace, Forget, OnConflict, OutcomeStatus, Restore
from tests.support.backends import entry_of, ids_of, outcome_of
from tests.support.builders import a_put, a_vector, a_write
from tests.support.clock import START
from tests.support.dict_backend import DictBackend
from tests.support.stores import open_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from memory_service.protocols import Backend
    from tests.support.clock import ManualClock

HOUR = timedelta(hours=1)
#: Housekeeping moves what is no more at once.
EAGER = LocalOptions(merge_dead=1)
NOTES = Compare(field=Field.KIND, operator=Operator.EQ, values=("note",))


@pytest.fixture(params=["dict", "local"])
def backend(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[Backend]:
    opened: Backend = (
        DictBackend(clock=clock)
        if request.param == "dict"
        else open_local(tmp_path, clock=clock, options=EAGER)
    )
    yield opened
    opened.close()


def _replace(backend: Backend, text: str, *, now: datetime = START, id: str = "a") -> None:
    put = a_put(id, text, on_conflict=OnConflict.REPLACE)
    backend.apply(a_write(put, now=now))


def _texts(backend: Backend, *, now: datetime = START, limit: int = 100) -> list[str]:
    found = backend.history("ns", "a", now=now, limit=limit)
    return [version.entry.draft.text for version in found]


def test_a_replaced_entry_keeps_what_it_was_newest_first(backend: Backend) -> None:
    for number, text in enumerate(["One.", "Two.", "Three."]):
        _replace(backend, text, now=START + number * HOUR)

    found = backend.history("ns", "a", now=START + 3 * HOUR, limit=100)

    assert [(one.entry.draft.text, one.entry.version) for one in found] == [
        ("Three.", 3), ("Two.", 2), ("One.", 1),
    ]  # fmt: skip
    assert [(one.until, one.ended) for one in found] == [
        (None, None),
        (START + 2 * HOUR, Ended.REPLACED),
        (START + HOUR, Ended.REPLACED),
    ]
    assert _texts(backend, limit=2) == ["Three.", "Two."]


def test_as_many_versions_are_kept_as_are_asked_for(backend: Backend) -> None:
    """Ten before the one that is there, and a housekeeping shows no fewer and no more."""
    for number in range(13):
        _replace(backend, f"Text {number}.")
    wanted = [f"Text {number}." for number in range(12, 1, -1)]

    before = _texts(backend)
    backend.maintain()

    assert before == _texts(backend) == wanted


def test_nothing_is_known_of_what_never_was(backend: Backend) -> None:
    with pytest.raises(NamespaceNotFoundError):
        backend.history("ns", "a", now=START, limit=5)
    backend.apply(a_write(a_put("b")))
    for as_of in (START, backend.status().position):
        with pytest.raises(EntryNotFoundError):
            backend.get("ns", "a", now=START, as_of=as_of)
    with pytest.raises(EntryNotFoundError):
        backend.history("ns", "a", now=START, limit=5)


def test_a_moment_shows_the_entry_as_it_was(backend: Backend) -> None:
    _replace(backend, "One.")
    after_one = backend.status().position
    _replace(backend, "Two.", now=START + HOUR)
    outcome_of(backend, Forget(id="a"), now=START + 2 * HOUR)
    now = START + 3 * HOUR
    backend.maintain()

    def text(as_of: datetime | Position) -> str:
        return backend.get("ns", "a", now=now, as_of=as_of).draft.text

    assert text(START) == text(after_one) == text(START + HOUR / 2) == "One."
    assert text(START + HOUR) == text(START + HOUR * 1.5) == "Two."
    for gone in (START - HOUR, START + 2 * HOUR, now, Position(epoch=1, seq=0)):
        with pytest.raises(EntryNotFoundError):
            text(gone)


def test_a_list_of_a_moment_is_in_the_order_and_under_the_filter_of_then(backend: Backend) -> None:
    first = a_put("a", kind="note", session="s", turn=2)
    backend.apply(a_write(first, a_put("b", seed=2, session="s", turn=1), a_put("c", kind="note")))
    then = backend.status().position
    changed = replace(first.draft, kind="fact", turn=0)
    put = replace(first, draft=changed, on_conflict=OnConflict.REPLACE)
    backend.apply(a_write(put, Forget(id="c"), a_put("d"), now=START + HOUR))
    now = START + 2 * HOUR

    assert ids_of(backend, now=now, as_of=then) == ["a", "b", "c"]
    assert ids_of(backend, now=now, as_of=then, order=Order.TURN) == ["c", "b", "a"]
    assert ids_of(backend, now=now, as_of=then, filter=NOTES) == ["a", "c"]
    assert ids_of(backend, now=now, as_of=then, limit=2, after=(0, 1)) == ["b", "c"]
    assert ids_of(backend, now=now, as_of=START + HOUR) == ids_of(backend, now=now)
    assert ids_of(backend, now=now, as_of=START - HOUR) == []


def test_a_list_of_a_moment_says_how_many_it_lacks(backend: Backend) -> None:
    """Those that expired, were forgotten too long ago, or have too many versions since."""
    expiring = a_put("expiring", expires_at=START + HOUR)
    backend.apply(a_write(a_put("a"), a_put("b"), a_put("c"), expiring))
    then = backend.status().position
    for number in range(12):
        _replace(backend, f"Text {number}.")
    outcome_of(backend, Forget(id="b"))

    def page(now: datetime) -> tuple[list[str], int]:
        found = backend.page(PageRequest(namespace="ns", now=now, limit=100, as_of=then))
        return [entry.id for entry in found.entries], found.missing

    for _ in range(2):
        assert page(START) == (["b", "c", "expiring"], 1)
        assert page(START + HOUR) == (["b", "c"], 2)
        assert page(START + 24 * HOUR) == (["c"], 3)
        backend.maintain()
    assert backend.page(PageRequest(namespace="ns", now=START, limit=9)).missing == 0


def test_what_had_expired_then_is_not_shown_then(backend: Backend) -> None:
    backend.apply(a_write(a_put("a", expires_at=START + HOUR)))
    put = a_put("a", expires_at=START + 5 * HOUR, on_conflict=OnConflict.REPLACE)
    backend.apply(a_write(put, now=START + HOUR / 2))

    assert backend.get("ns", "a", now=START + HOUR, as_of=START).version == 1
    assert backend.get("ns", "a", now=START + HOUR, as_of=START + HOUR).version == 2
    with pytest.raises(EntryNotFoundError):
        backend.get("ns", "a", now=START + 5 * HOUR, as_of=START)


def test_a_position_of_another_log_is_refused(backend: Backend) -> None:
    backend.apply(a_write(a_put()))
    for position in (
        Position(epoch=1, seq=1, chain=GENESIS),
        Position(epoch=1, seq=2, chain=bytes([1]) * 32),
        replace(backend.status().position, epoch=2),
    ):
        with pytest.raises(InvalidInputError) as caught:
            backend.get("ns", "a", now=START, as_of=position)
        assert caught.value.field == "?as_of"


def test_what_was_forgotten_comes_back_as_it_was(backend: Backend) -> None:
    put = a_put("a", seed=1, tags=("t",), metadata={"n": 1}, session="s", turn=1)
    backend.apply(a_write(put, a_put("b", seed=2, text="June again.", session="s", turn=2)))
    backend.apply(a_write(Forget(id="a"), now=START + HOUR))
    hidden = ids_of(backend, now=START + HOUR)

    backend.maintain()
    outcome = outcome_of(backend, Restore(id="a"), now=START + 2 * HOUR)

    assert hidden == ["b"]
    assert (outcome.status, outcome.version) == (OutcomeStatus.RESTORED, 2)
    assert outcome.embedded
    entry = entry_of(backend)
    assert (entry.draft, entry.created_at) == (put.draft, START)
    assert entry.updated_at == START + 2 * HOUR
    assert ids_of(backend) == ["a", "b"]
    assert [change.kind for change in backend.changes(2, 5)] == [
        ChangeKind.FORGET,
        ChangeKind.RESTORE,
    ]
    with backend.reader("ns", filter=None, now=START) as reader:
        assert reader.dense(a_vector(1), 1).ordinals.tolist() == [entry.ordinal]
        assert reader.lexical("launch", 5).ordinals.tolist() == [entry.ordinal]
        assert reader.surroundings(np.array([entry.ordinal])).after.tolist() == [2]


def test_what_was_forgotten_is_never_recalled(backend: Backend) -> None:
    """Neither before nor after a housekeeping, while it can be taken back."""
    backend.apply(a_write(a_put("a"), a_put("b", text="Other words.", seed=2), Forget(id="a")))

    for _ in range(2):
        with backend.reader("ns", filter=None, now=START) as reader:
            assert reader.lexical("launch june moved", 10).ordinals.tolist() == []
            assert reader.dense(a_vector(1), 10).ordinals.tolist() == [2]
            assert reader.recent(10).tolist() == [2]
        with pytest.raises(EntryNotFoundError):
            entry_of(backend)
        assert backend.forgotten("ns", None, now=START) == ["a"]
        backend.maintain()


def test_a_forgotten_entry_has_a_history_while_it_can_be_taken_back(backend: Backend) -> None:
    _replace(backend, "One.")
    _replace(backend, "Two.")
    outcome_of(backend, Forget(id="a"))
    last = START + 24 * HOUR - timedelta(microseconds=1)

    found = backend.history("ns", "a", now=last, limit=5)

    assert [one.ended for one in found] == [Ended.FORGOTTEN, Ended.REPLACED]
    with pytest.raises(EntryNotFoundError):
        backend.history("ns", "a", now=START + 24 * HOUR, limit=5)
    assert backend.forgotten("ns", None, now=START + 24 * HOUR) == []
    late = outcome_of(backend, Restore(id="a"), now=START + 24 * HOUR)
    assert late.status is OutcomeStatus.MISSING


def test_what_is_back_has_its_whole_history(backend: Backend) -> None:
    _replace(backend, "One.")
    outcome_of(backend, Forget(id="a"))
    outcome_of(backend, Restore(id="a"))

    found = backend.history("ns", "a", now=START + 99 * HOUR, limit=5)

    assert [(one.entry.version, one.ended) for one in found] == [(2, None), (1, Ended.FORGOTTEN)]
    again = outcome_of(backend, Restore(id="a"))
    assert (again.status, again.error_code) == (OutcomeStatus.REJECTED, "id_taken")


def test_an_id_that_was_taken_again_is_not_taken_back(backend: Backend) -> None:
    _replace(backend, "One.")
    outcome_of(backend, Forget(id="a"))
    _replace(backend, "Another.")

    outcome = outcome_of(backend, Restore(id="a"))

    assert (outcome.status, outcome.error_code) == (OutcomeStatus.REJECTED, "id_taken")
    assert backend.forgotten("ns", None, now=START) == []
    assert _texts(backend) == ["Another.", "One."]
    outcome_of(backend, Forget(id="a"))
    assert outcome_of(backend, Restore(id="a")).status is OutcomeStatus.RESTORED
    assert entry_of(backend).draft.text == "Another."


def test_what_expired_cannot_be_taken_back(backend: Backend) -> None:
    backend.apply(a_write(a_put("a", expires_at=START + HOUR), a_put("b")))
    outcome_of(backend, Forget(id="a"))

    assert backend.forgotten("ns", None, now=START + HOUR) == []
    outcome = outcome_of(backend, Restore(id="a"), now=START + HOUR)
    assert outcome.status is OutcomeStatus.MISSING
    with pytest.raises(EntryNotFoundError):
        backend.history("ns", "a", now=START + HOUR, limit=5)


def test_what_can_be_taken_back_is_found_by_a_filter(backend: Backend) -> None:
    backend.apply(a_write(*(a_put(id, kind="note") for id in "abc"), a_put("d")))
    backend.apply(a_write(Forget(id="c"), Forget(id="a"), Forget(id="d")))

    assert backend.forgotten("ns", NOTES, now=START) == ["c", "a"]
    assert backend.forgotten("ns", None, now=START) == ["c", "a", "d"]


def test_nothing_comes_back_of_a_dropped_namespace(backend: Backend) -> None:
    backend.apply(a_write(a_put("a"), Forget(id="a")))
    outcome_of(backend, DropNamespace())
    backend.apply(a_write(a_put("b")))

    assert outcome_of(backend, Restore(id="a")).status is OutcomeStatus.MISSING
    assert backend.forgotten("ns", None, now=START) == []


def test_an_entry_without_vectors_comes_back_without(backend: Backend) -> None:
    backend.apply(a_write(a_put(seed=None), Forget(id="a")))

    outcome = outcome_of(backend, Restore(id="a"))

    assert (outcome.status, outcome.embedded) == (OutcomeStatus.RESTORED, False)
    assert [one.ordinal for one in backend.pending(5)] == [3]
