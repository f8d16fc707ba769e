"""Every failpoint is passed by what a backend does, and one that fails loses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.errors import StorageError
from memory_service.failpoints import Failpoint, armed
from memory_service.store.hooks import Hooks
from tests.support.builders import a_put, a_write
from tests.support.clock import START, ManualClock
from tests.support.stores import IDENTITY, open_local

if TYPE_CHECKING:
    from pathlib import Path

#: From here on a write is in the database.
STORED = {Failpoint.AFTER_COMMIT, Failpoint.AFTER_DERIVED, Failpoint.BEFORE_ANSWER}


@dataclass
class Trap:
    """Fails at one failpoint, once it is set."""

    point: Failpoint
    set: bool = False

    def reach(self, point: Failpoint) -> None:
        if self.set:
            armed(f"{self.point}:error")(point)


def _open(folder: Path, hooks: Hooks) -> LocalBackend:
    clock = ManualClock()
    backend = LocalBackend.open(folder, options=LocalOptions(), clock=clock, hooks=hooks)
    backend.bind(IDENTITY)
    return backend


def test_every_failpoint_is_passed_in_the_life_of_a_backend(tmp_path: Path) -> None:
    passed: list[Failpoint] = []
    backend = _open(tmp_path, Hooks(reach=passed.append))

    backend.apply(a_write(a_put("1")))
    backend.maintain()
    backend.close()

    assert set(passed) == set(Failpoint)


@pytest.mark.parametrize("point", [Failpoint.BEFORE_COMMIT, *sorted(STORED)])
def test_a_write_that_fails_is_not_acknowledged_and_all_before_it_stay(
    tmp_path: Path, point: Failpoint
) -> None:
    reasons: list[str] = []
    trap = Trap(point)
    backend = _open(tmp_path, Hooks(reach=trap.reach, on_failed=reasons.append))
    backend.apply(a_write(a_put("1")))
    trap.set = True

    with pytest.raises(StorageError):
        backend.apply(a_write(a_put("2")))
    with pytest.raises(StorageError):
        backend.apply(a_write(a_put("3")))
    trap.set = False
    backend.close()

    again = open_local(tmp_path)
    found = {change.id for change in again.changes(0, 10)} - {""}
    again.close()
    assert found == ({"1", "2"} if point in STORED else {"1"})
    assert bool(reasons) == (point in STORED)


def test_a_checkpoint_that_fails_leaves_a_store_that_goes_on(tmp_path: Path) -> None:
    trap = Trap(Failpoint.BEFORE_CHECKPOINT)
    backend = _open(tmp_path, Hooks(reach=trap.reach))
    backend.apply(a_write(a_put("1")))
    trap.set = True

    with pytest.raises(StorageError):
        backend.maintain()
    backend.apply(a_write(a_put("2")))

    assert backend.get("ns", "2", now=START).draft.id == "2"
    with pytest.raises(StorageError):
        backend.close()


def test_the_nth_time_and_all_after_it_fail() -> None:
    reach, failed = armed("before-save:error:3"), []

    for time in range(5):
        try:
            reach(Failpoint.AFTER_SAVE)
            reach(Failpoint.BEFORE_SAVE)
        except StorageError:
            failed.append(time)

    assert failed == [2, 3, 4]


@pytest.mark.parametrize(
    "wrong", ["before-commit", "nowhere:crash", "before-commit:sleep", "before-commit:crash:0", ":"]
)
def test_a_failpoint_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        armed(wrong)
