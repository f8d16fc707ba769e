"""Upkeep: what has expired is swept out, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from memory_service.engine.upkeep import Upkeep
from memory_service.model.read import ChangeKind
from tests.support.builders import a_draft
from tests.support.clock import START
from tests.support.engines import Bench, a_bench

if TYPE_CHECKING:
    from datetime import datetime


def test_a_sweep_takes_out_all_that_has_expired_and_nothing_else() -> None:
    bench = a_bench()
    soon, later = START + timedelta(hours=1), START + timedelta(hours=2)
    for namespace in ("one", "two"):
        bench.remember(
            *[a_draft(f"s{n}", expires_at=soon) for n in range(256)], namespace=namespace
        )
        bench.remember(a_draft("later", expires_at=later), a_draft("never"), namespace=namespace)
    upkeep = Upkeep(backend=bench.backend, clock=bench.clock, seconds=30.0)
    bench.clock.advance(hours=1)

    assert upkeep.run_once() == 30.0

    assert bench.backend.status().entries == 4
    assert bench.backend.changes(0, 10_000)[-1].kind is ChangeKind.EXPIRE


def test_an_entry_given_a_longer_life_during_the_sweep_stays() -> None:
    bench = a_bench()
    bench.remember(a_draft("a", expires_at=START + timedelta(hours=1)))
    bench.clock.advance(hours=2)
    overtaken = _Overtaken(bench)
    upkeep = Upkeep(backend=overtaken, clock=bench.clock, seconds=30.0)  # type: ignore[arg-type]  # all of a backend that a sweep uses

    upkeep.run_once()

    assert bench.engine.get("ns", "a").draft.expires_at is None


class _Overtaken:
    """A backend in which an expired entry is written anew right after it was listed."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.apply = bench.backend.apply
        self.maintain = bench.backend.maintain

    def expired(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        found = self._bench.backend.expired(now, limit)
        if found:
            self._bench.remember(a_draft("a"))
        return found
