"""What every backend promises of what is forgotten, expires or is dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.errors import EntryNotFoundError
from memory_service.model.read import ChangeKind
from memory_service.model.write import (
    ConfigureNamespace,
    DropNamespace,
    Forget,
    ForgetReason,
    Idempotency,
    OutcomeStatus,
)
from tests.support.backends import entry_of, idf, ids_of, outcome_of
from tests.support.builders import a_put, a_vector, a_write
from tests.support.clock import START

if TYPE_CHECKING:
    from memory_service.protocols import Backend


def test_forgetting_is_visible_at_once_everywhere(backend: Backend) -> None:
    backend.apply(a_write(a_put("a", seed=1), a_put("b", seed=2, text="June again.")))

    outcome = outcome_of(backend, Forget(id="a"))
    again = outcome_of(backend, Forget(id="a"))

    assert (outcome.status, outcome.version) == (OutcomeStatus.FORGOTTEN, 1)
    assert again.status is OutcomeStatus.MISSING
    with pytest.raises(EntryNotFoundError):
        entry_of(backend)
    with backend.reader("ns", filter=None, now=START) as reader:
        assert reader.lexical("zebra", 1).query.bound == pytest.approx(idf(0, of=1))
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
        assert reader.lexical("zebra", 1).query.bound == pytest.approx(idf(0, of=2))
    assert ids_of(backend, now=expires) == ["b"]
    assert backend.expired(expires - timedelta(microseconds=1), 5) == []
    assert backend.expired(expires, 5) == [("ns", "a")]
    sweep = Forget(id="a", reason=ForgetReason.EXPIRED)
    assert outcome_of(backend, sweep).status is OutcomeStatus.MISSING
    assert outcome_of(backend, Forget(id="a"), now=expires).status is OutcomeStatus.MISSING
    assert outcome_of(backend, sweep, now=expires).status is OutcomeStatus.FORGOTTEN
    assert backend.changes(2, 5)[0].kind is ChangeKind.EXPIRE


def test_an_expired_entry_makes_room_for_a_new_one(backend: Backend) -> None:
    expires = START + timedelta(hours=1)
    backend.apply(a_write(a_put(expires_at=expires)))

    outcome = outcome_of(backend, a_put(text="New."), now=expires)

    assert (outcome.status, outcome.version) == (OutcomeStatus.CREATED, 1)
    assert backend.get("ns", "a", now=expires).created_at == expires


def test_a_dropped_namespace_is_gone_and_comes_again_empty(backend: Backend) -> None:
    backend.apply(a_write(ConfigureNamespace(settings={"language": "german"}), a_put()))

    outcome = outcome_of(backend, DropNamespace())
    gone = backend.namespaces()
    backend.apply(a_write(a_put("b", text="Other words.", seed=2)))

    assert (outcome.status, outcome.entries, gone) == (OutcomeStatus.FORGOTTEN, 1, [])
    assert ids_of(backend) == ["b"]
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
    assert ids_of(backend) == ["c"]
