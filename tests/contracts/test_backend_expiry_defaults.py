"""What every backend promises of the days after which entries of a kind expire."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from memory_service.errors import InvalidInputError
from memory_service.model.read import ChangeKind
from memory_service.model.write import ConfigureNamespace, OnConflict, OutcomeStatus
from tests.support.backends import entry_of, ids_of, outcome_of
from tests.support.builders import a_put, a_write
from tests.support.clock import START

if TYPE_CHECKING:
    from memory_service.protocols import Backend

DAY = timedelta(days=1)


def _configure(backend: Backend, days: str) -> OutcomeStatus:
    return outcome_of(backend, ConfigureNamespace(settings={"expiry_days": days})).status


def _expiry(backend: Backend) -> datetime | None:
    return entry_of(backend).draft.expires_at


def test_an_entry_expires_after_the_days_of_its_kind(backend: Backend) -> None:
    _configure(backend, '{"note": 30, "joke": 0.5}')
    put = a_put("a", kind="note")
    backend.apply(a_write(put, a_put("b", kind="joke"), a_put("c", kind="fact"), a_put("d")))

    assert _expiry(backend) == START + 30 * DAY
    assert ids_of(backend, now=START + DAY / 2) == ["a", "c", "d"]
    assert ids_of(backend, now=START + 30 * DAY) == ["c", "d"]
    assert backend.expired(START + 30 * DAY, 5) == [("ns", "b"), ("ns", "a")]


def test_what_an_entry_says_itself_counts(backend: Backend) -> None:
    _configure(backend, '{"note": 30}')
    backend.apply(a_write(a_put("a", kind="note", expires_at=START + DAY)))

    assert _expiry(backend) == START + DAY


def test_the_default_concerns_what_is_written_from_then_on(backend: Backend) -> None:
    put = a_put("a", kind="note")
    backend.apply(a_write(put))
    _configure(backend, '{"note": 30}')
    before = _expiry(backend)
    again = replace(put, on_conflict=OnConflict.REPLACE)
    backend.apply(a_write(again, now=START + DAY))

    assert (before, _expiry(backend)) == (None, START + 31 * DAY)


def test_an_entry_sent_again_is_the_same_and_keeps_its_time(backend: Backend) -> None:
    _configure(backend, '{"note": 30}')
    put = a_put("a", kind="note")
    backend.apply(a_write(put))

    again = outcome_of(backend, put, now=START + DAY)

    assert (again.status, again.version) == (OutcomeStatus.DUPLICATE, 1)
    assert _expiry(backend) == START + 30 * DAY


def test_the_defaults_are_a_change_and_kept_with_the_namespace(backend: Backend) -> None:
    first = _configure(backend, '{"note": 30}')
    same = _configure(backend, '{ "note":30 }')
    other = _configure(backend, "{}")

    assert (first, same, other) == (
        OutcomeStatus.CREATED,
        OutcomeStatus.DUPLICATE,
        OutcomeStatus.UPDATED,
    )
    kinds = [change.kind for change in backend.changes(0, 9)]
    assert kinds == [ChangeKind.NAMESPACE, ChangeKind.NAMESPACE]
    assert backend.namespaces()[0].settings == {"language": "english", "expiry_days": "{}"}
    backend.apply(a_write(a_put("a", kind="note")))
    assert _expiry(backend) is None


@pytest.mark.parametrize("days", ['{"note": 0}', '{"note": -1}', '{"note": 36501}'])
def test_days_that_are_none_are_refused(backend: Backend, days: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        _configure(backend, days)
    assert caught.value.field == "/settings/expiry_days"
    assert backend.namespaces() == []
