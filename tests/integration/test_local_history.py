"""Where a local backend keeps what was, and how it lets go of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from memory_service.backends.local import LocalOptions
from memory_service.model.history import Keeping
from memory_service.model.write import Forget, OnConflict, OutcomeStatus, Restore
from memory_service.store.history_keeping import BATCH, purge_history
from tests.support.backends import entry_of, ids_of, outcome_of
from tests.support.builders import a_put, a_write
from tests.support.clock import ManualClock
from tests.support.stores import IDENTITY, open_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from memory_service.backends.local import LocalBackend

EAGER = LocalOptions(merge_dead=1)
#: The tables that hold what entries say.
TABLES = ("entry", "vector", "posting", "history", "history_vector")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def backend(tmp_path: Path, clock: ManualClock) -> Iterator[LocalBackend]:
    backend = open_local(tmp_path, options=EAGER, clock=clock)
    yield backend
    backend.close()


def _held(backend: LocalBackend) -> dict[str, int]:
    """Rows of each table that holds something of an entry."""
    return {
        table: backend._database.rows(f"SELECT count(*) FROM store.main.{table}")[0][0]  # noqa: S608  # our words
        for table in TABLES
    }


def test_what_was_forgotten_is_moved_and_then_deleted_for_good(
    backend: LocalBackend, clock: ManualClock
) -> None:
    backend.apply(a_write(a_put("a"), Forget(id="a"), now=clock()))
    backend.maintain()
    kept = _held(backend)
    clock.advance(hours=24)
    backend.maintain()

    assert kept == {"entry": 0, "vector": 0, "posting": 0, "history": 1, "history_vector": 1}
    assert set(_held(backend).values()) == {0}


def test_of_what_expired_nothing_is_kept(backend: LocalBackend, clock: ManualClock) -> None:
    first = a_put("a", expires_at=clock())
    clock.advance(hours=-1)
    backend.apply(a_write(first, now=clock()))
    other = replace(
        first, draft=replace(first.draft, text="Other."), on_conflict=OnConflict.REPLACE
    )
    backend.apply(a_write(other, now=clock()))
    backend.maintain()
    assert _held(backend)["history"] == 1

    clock.advance(hours=1)
    backend.maintain()

    assert _held(backend)["history"] == 0


def test_only_what_can_be_taken_back_keeps_its_vectors(
    backend: LocalBackend, clock: ManualClock
) -> None:
    for text in ("One.", "Two.", "Three."):
        put = a_put("a", text, on_conflict=OnConflict.REPLACE)
        backend.apply(a_write(put, now=clock()))
    backend.maintain()
    replaced = _held(backend)
    outcome_of(backend, Forget(id="a"), now=clock())
    backend.maintain()
    forgotten = _held(backend)
    outcome_of(backend, Restore(id="a"), now=clock())
    backend.maintain()

    found = [(held["history"], held["history_vector"]) for held in (replaced, forgotten)]
    assert found == [(2, 0), (3, 1)]
    assert (_held(backend)["history"], _held(backend)["history_vector"]) == (3, 0)


def test_a_few_dead_rows_do_not_stay_for_ever(tmp_path: Path, clock: ManualClock) -> None:
    backend = open_local(tmp_path, clock=clock)
    backend.apply(a_write(a_put("a"), Forget(id="a"), now=clock()))
    backend.maintain()
    at_once = _held(backend)["entry"]
    clock.advance(hours=1)
    backend.maintain()

    assert (at_once, _held(backend)["entry"]) == (1, 0)
    backend.close()


def test_what_is_over_goes_a_few_at_a_time(backend: LocalBackend, clock: ManualClock) -> None:
    """A write that comes meanwhile waits for one batch at most."""
    for start in range(0, 2 * BATCH + 1, 200):
        ids = [str(number) for number in range(start, min(start + 200, 2 * BATCH + 1))]
        puts = [a_put(id, seed=None) for id in ids]
        backend.apply(a_write(*puts, *(Forget(id=id) for id in ids), now=clock()))
    backend.maintain()
    left: list[int] = []

    def run(work: Callable[[], None]) -> None:
        backend._writer.run(work)
        left.append(_held(backend)["history"])

    clock.advance(hours=25)
    backend._past.trim(clock(), run)

    assert left == [BATCH + 1, 1, 0]


def test_a_purge_leaves_nothing_of_an_entrys_past(
    backend: LocalBackend, clock: ManualClock
) -> None:
    for id in ("a", "b"):
        backend.apply(a_write(a_put(id), Forget(id=id), now=clock()))
    backend.maintain()

    with backend._database.transaction() as session:
        purge_history(session, numbers=[1], ids=["a"], before=[99])

    assert backend.forgotten("ns", None, now=clock()) == ["b"]
    assert (_held(backend)["history"], _held(backend)["history_vector"]) == (1, 1)
    assert outcome_of(backend, Restore(id="a")).status is OutcomeStatus.MISSING


@pytest.mark.parametrize("moved", [True, False])
def test_vectors_of_another_model_do_not_come_back(
    backend: LocalBackend, clock: ManualClock, moved: bool
) -> None:
    backend.apply(a_write(a_put("a"), Forget(id="a"), now=clock()))
    if moved:
        backend.maintain()

    backend.bind(replace(IDENTITY, name="another", dimensions=8))
    outcome = outcome_of(backend, Restore(id="a"), now=clock())

    assert (outcome.status, outcome.embedded) == (OutcomeStatus.RESTORED, False)
    assert ids_of(backend) == ["a"]
    assert [one.ordinal for one in backend.pending(5)] == [3]


@pytest.mark.parametrize("lose_index", [True, False])
def test_what_came_back_is_there_after_a_restart(
    tmp_path: Path, clock: ManualClock, lose_index: bool
) -> None:
    options = LocalOptions(merge_dead=1, seal_changes=1, save_changes=1)
    backend = open_local(tmp_path, options=options, clock=clock)
    backend.apply(a_write(a_put("a"), a_put("b", seed=2), Forget(id="a"), now=clock()))
    backend.maintain()
    backend.apply(a_write(Restore(id="a"), now=clock()))
    wanted = entry_of(backend)
    backend.close()
    if lose_index:
        (tmp_path / "index" / "catalogue" / "sealed").unlink(missing_ok=True)

    backend = open_local(tmp_path, options=options, clock=clock)

    assert entry_of(backend) == wanted
    assert ids_of(backend) == ["a", "b"]
    backend.close()


def test_nothing_is_kept_where_nothing_is_to_be_kept(tmp_path: Path, clock: ManualClock) -> None:
    options = LocalOptions(merge_dead=1, keeping=Keeping(versions=0, undo_hours=0))
    backend = open_local(tmp_path, options=options, clock=clock)
    put = a_put("a", "Two.", on_conflict=OnConflict.REPLACE)
    backend.apply(a_write(a_put("a"), put, a_put("b"), Forget(id="b"), now=clock()))

    kept = backend.history("ns", "a", now=clock(), limit=5)
    undone = outcome_of(backend, Restore(id="b"), now=clock())
    backend.maintain()

    assert [one.entry.version for one in kept] == [2]
    assert undone.status is OutcomeStatus.MISSING
    assert (_held(backend)["entry"], _held(backend)["history"]) == (1, 0)
    backend.close()
