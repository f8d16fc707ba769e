"""Forget: one entry, or all that a filter matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from memory_service.engine.clearing import Clearing
from memory_service.engine.inflight import InFlight
from memory_service.errors import EntryNotFoundError, NamespaceNotFoundError, VersionConflictError
from memory_service.model.filters import Compare, Field, Operator
from tests.support.builders import a_draft
from tests.support.engines import EVERYTHING, KEY, Bench, a_bench, an_update, texts

if TYPE_CHECKING:
    from memory_service.model.read import Page, PageRequest


def test_forgetting_what_is_not_there_is_not_found() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"))
    bench.engine.forget("ns", "a")

    with pytest.raises(EntryNotFoundError):
        bench.engine.forget("ns", "a")
    with pytest.raises(NamespaceNotFoundError):
        bench.engine.forget("other", "a")


def test_a_repeated_forget_with_its_key_is_a_replay() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"))
    first = bench.engine.forget("ns", "a", idempotency=KEY)

    again = bench.engine.forget("ns", "a", idempotency=KEY)

    assert again.outcomes == first.outcomes
    assert again.replayed


def test_forgetting_another_version_is_a_conflict() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"))

    with pytest.raises(VersionConflictError):
        bench.engine.forget("ns", "a", if_version=2)

    assert bench.engine.get("ns", "a").version == 1


def test_forgetting_by_filter_takes_what_matches_and_a_dry_run_nothing() -> None:
    bench = a_bench()
    drafts = [a_draft(f"{n:04}", f"text {n}", kind="odd" if n % 2 else "even") for n in range(250)]
    bench.remember(*drafts)
    odd = Compare(field=Field.KIND, operator=Operator.EQ, values=("odd",))

    dry = bench.engine.forget_matching("ns", odd, dry_run=True)
    kept_by_dry_run = bench.engine.status().entries
    done = bench.engine.forget_matching("ns", odd, dry_run=False)

    expected = tuple(draft.id for draft in drafts if draft.kind == "odd")
    assert (dry.matched, dry.forgotten, dry.ids) == (125, 0, expected[:100])
    assert kept_by_dry_run == 250
    assert (done.matched, done.forgotten, done.ids) == (125, 125, expected[:100])
    assert {entry.draft.kind for entry in bench.engine.page("ns", limit=250).entries} == {"even"}


def test_forgetting_by_filter_goes_through_all_pages() -> None:
    bench = a_bench()
    bench.remember(*[a_draft(str(number), f"text {number}") for number in range(25)])
    clearing = Clearing(
        backend=bench.backend, clock=bench.clock, in_flight=InFlight(), page_rows=10
    )

    report = clearing.forget_matching(
        "ns", EVERYTHING, dry_run=False, purge=False, idempotency=None
    )

    assert (report.matched, report.forgotten) == (25, 25)


def test_an_entry_changed_after_it_was_matched_stays() -> None:
    bench = a_bench()
    bench.remember(a_draft("a", "one"), a_draft("b", "two"))
    overtaken = _Overtaken(bench)
    clearing = Clearing(
        backend=overtaken,  # type: ignore[arg-type]  # all of a backend that this uses
        clock=bench.clock,
        in_flight=InFlight(),
    )

    report = clearing.forget_matching(
        "ns", EVERYTHING, dry_run=False, purge=False, idempotency=None
    )

    assert (report.matched, report.forgotten, report.ids) == (2, 1, ("b",))
    assert texts(bench) == ["new"]


class _Overtaken:
    """A backend in which an entry is updated right after it was listed."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.apply = bench.backend.apply

    def page(self, request: PageRequest) -> Page:
        page = self._bench.backend.page(request)
        self._bench.engine.update(an_update(text="new"))
        return page


def test_forgetting_by_filter_is_replayed_by_its_key() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"), a_draft("b", "two"))
    first = bench.engine.forget_matching("ns", EVERYTHING, dry_run=False, idempotency=KEY)
    bench.remember(a_draft("c", "three"))

    again = bench.engine.forget_matching("ns", EVERYTHING, dry_run=False, idempotency=KEY)

    assert (again.matched, again.forgotten, again.ids) == (2, 2, ("a", "b"))
    assert (first.replayed, again.replayed) == (False, True)
    assert texts(bench) == ["three"]
