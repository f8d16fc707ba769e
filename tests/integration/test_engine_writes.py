"""Remember, update, forget: what the engine adds to the backend."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from memory_service.engine.clearing import Clearing
from memory_service.engine.inflight import InFlight
from memory_service.engine.requests import EmbedMode, UpdateRequest
from memory_service.errors import (
    BlankTextError,
    EntryNotFoundError,
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
    InvalidInputError,
    NamespaceNotFoundError,
    TooManyEntriesError,
    VersionConflictError,
)
from memory_service.model.filters import And, Compare, Field, Operator
from memory_service.model.write import Idempotency, OnConflict, OutcomeStatus
from tests.support.builders import a_draft
from tests.support.clock import START
from tests.support.engines import Bench, a_bench
from tests.support.faults import BusyEmbedder, GatedEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.model.read import Page, PageRequest

KEY = Idempotency(key="k", body_digest=b"1")
EVERYTHING = And(filters=())


def an_update(id: str = "a", **changes: object) -> UpdateRequest:
    return UpdateRequest(namespace="ns", id=id, changes=changes)


def texts(bench: Bench) -> list[str]:
    return [entry.draft.text for entry in bench.engine.page("ns", limit=100).entries]


def test_a_refused_draft_does_not_keep_the_others_out() -> None:
    bench = a_bench()

    receipt = bench.remember(
        a_draft("a", "one"), a_draft("b", " "), a_draft("c", "three"), a_draft("..", "four")
    )

    assert [(one.status, one.id, one.error_code) for one in receipt.outcomes] == [
        (OutcomeStatus.CREATED, "a", ""),
        (OutcomeStatus.REJECTED, "b", "blank_text"),
        (OutcomeStatus.CREATED, "c", ""),
        (OutcomeStatus.REJECTED, "..", "invalid_id"),
    ]
    assert texts(bench) == ["one", "three"]


def test_when_all_are_refused_nothing_is_written() -> None:
    bench = a_bench()

    receipt = bench.remember(a_draft("a", "\u200b"))

    assert receipt.outcomes[0].status is OutcomeStatus.REJECTED
    with pytest.raises(NamespaceNotFoundError):
        bench.engine.page("ns", limit=1)


def test_a_draft_without_an_id_gets_one() -> None:
    bench = a_bench()

    receipt = bench.remember(a_draft("", "one"), a_draft("", "two"))

    assert [one.id for one in receipt.outcomes] == ["new-1", "new-2"]


@pytest.mark.parametrize(("count", "error"), [(0, InvalidInputError), (257, TooManyEntriesError)])
def test_a_call_takes_1_to_256_entries(count: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        a_bench().remember(*[a_draft(str(number)) for number in range(count)])


def test_an_entry_is_embedded_with_its_header_and_once_for_equal_texts() -> None:
    bench = a_bench()

    bench.remember(
        a_draft("a", "hello", speaker="Ann", event_time=START),
        a_draft("b", "hello", speaker="Ann", event_time=START),
        a_draft("c", "hello"),
    )

    assert bench.embedder.calls == [("[2026-01-01] Ann: hello", "hello")]


def test_a_long_text_gets_a_passage_per_window_each_with_the_header() -> None:
    bench = a_bench(window=8)
    text = " ".join(f"word{number}" for number in range(30))

    bench.remember(a_draft("a", text, speaker="Ann"))

    (embedded,) = bench.embedder.calls
    assert len(embedded) > 1
    assert all(one.startswith("Ann: ") for one in embedded)
    assert all(one.removeprefix("Ann: ") in text for one in embedded)


def test_an_entry_stored_already_is_not_embedded_again() -> None:
    bench = a_bench()
    bench.remember(a_draft("a", "one"), a_draft("b", "two"))
    bench.embedder.calls.clear()

    receipt = bench.remember(a_draft("a", "one"), a_draft("b", "two"))

    assert [one.status for one in receipt.outcomes] == [OutcomeStatus.DUPLICATE] * 2
    assert [one.embedded for one in receipt.outcomes] == [True] * 2
    assert bench.embedder.calls == []


def test_an_asynchronous_write_does_not_touch_the_model() -> None:
    bench = a_bench()

    receipt = bench.remember(a_draft("a"), embed=EmbedMode.ASYNC)

    assert not receipt.outcomes[0].embedded
    assert bench.embedder.calls == []


def test_a_broken_model_does_not_keep_an_entry_out() -> None:
    bench = a_bench()
    bench.embedder.broken = True

    receipt = bench.remember(a_draft("a"))

    assert receipt.outcomes[0].status is OutcomeStatus.CREATED
    assert not receipt.outcomes[0].embedded
    assert bench.engine.status().pending == 1


def test_a_replayed_key_gives_the_same_outcomes_and_embeds_nothing() -> None:
    bench = a_bench()
    drafts = (a_draft("", "one"), a_draft("b", " "), a_draft("c", "three"))
    first = bench.remember(*drafts, idempotency=KEY)
    bench.embedder.calls.clear()

    again = bench.remember(*drafts, idempotency=KEY)

    assert again.outcomes == first.outcomes
    assert again.replayed
    assert bench.embedder.calls == []


def test_a_key_with_another_body_is_refused() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"), idempotency=KEY)

    with pytest.raises(IdempotencyKeyReusedError):
        bench.remember(a_draft("b"), idempotency=Idempotency(key="k", body_digest=b"2"))


def test_two_calls_with_one_key_at_once_do_not_both_run() -> None:
    bench = a_bench(wrap=GatedEmbedder)
    assert isinstance(bench.embedder, GatedEmbedder)
    first = threading.Thread(target=lambda: bench.remember(a_draft("a"), idempotency=KEY))
    first.start()
    bench.embedder.entered.wait(timeout=60)

    with pytest.raises(IdempotencyInProgressError):
        bench.remember(a_draft("a"), idempotency=KEY)

    bench.embedder.gate.set()
    first.join()
    assert bench.remember(a_draft("a"), idempotency=KEY).replayed


def test_an_update_changes_the_fields_named_and_embeds_the_new_text() -> None:
    bench = a_bench()
    bench.remember(a_draft("a", "old", kind="fact"))
    bench.embedder.calls.clear()

    receipt = bench.engine.update(an_update(text="new", tags=["x"]))

    entry = bench.engine.get("ns", "a")
    assert receipt.outcomes[0].status is OutcomeStatus.UPDATED
    assert entry.draft == a_draft("a", "new", kind="fact", tags=("x",))
    assert entry.version == 2
    assert bench.embedder.calls == [("new",)]


def test_an_update_that_is_refused_changes_nothing() -> None:
    bench = a_bench()
    bench.remember(a_draft("a", "old"))

    for changes in ({"text": None}, {"text": " "}):
        with pytest.raises(BlankTextError):
            bench.engine.update(an_update(**changes))

    assert bench.engine.get("ns", "a").version == 1


def test_an_update_of_nothing_is_not_found() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"))

    with pytest.raises(EntryNotFoundError):
        bench.engine.update(an_update("b", text="new"))


def test_an_overtaken_update_is_made_again_on_top_of_the_other_write() -> None:
    bench = a_bench(wrap=BusyEmbedder)
    assert isinstance(bench.embedder, BusyEmbedder)
    bench.remember(a_draft("a", "old"))
    bench.embedder.meanwhile = lambda: bench.engine.update(an_update(kind="fact"))

    bench.engine.update(an_update(text="new"))

    entry = bench.engine.get("ns", "a")
    assert (entry.draft.text, entry.draft.kind, entry.version) == ("new", "fact", 3)


def test_an_update_that_is_overtaken_again_and_again_is_made_all_the_same() -> None:
    bench = a_bench(wrap=BusyEmbedder)
    assert isinstance(bench.embedder, BusyEmbedder)
    busy = bench.embedder
    bench.remember(a_draft("a", "old"))
    kinds = iter(range(8))

    def overtake() -> None:
        kind = next(kinds, None)
        if kind is not None:
            busy.meanwhile = None
            bench.engine.update(an_update(kind=f"kind {kind}"))
            busy.meanwhile = overtake

    busy.meanwhile = overtake

    bench.engine.update(an_update(text="new"))

    entry = bench.engine.get("ns", "a")
    assert (entry.draft.text, entry.draft.kind, entry.version) == ("new", "kind 7", 10)


def test_an_update_with_a_version_is_not_made_on_top_of_another_write() -> None:
    bench = a_bench(wrap=BusyEmbedder)
    assert isinstance(bench.embedder, BusyEmbedder)
    bench.remember(a_draft("a", "old"))
    bench.embedder.meanwhile = lambda: bench.engine.update(an_update(kind="fact"))
    request = UpdateRequest(namespace="ns", id="a", changes={"text": "new"}, if_version=1)

    with pytest.raises(VersionConflictError):
        bench.engine.update(request)
    with pytest.raises(VersionConflictError):
        bench.engine.update(request)

    assert bench.engine.get("ns", "a").draft.text == "old"


def test_a_version_is_for_one_entry() -> None:
    with pytest.raises(InvalidInputError):
        a_bench().remember(a_draft("a"), a_draft("b"), if_version=0)


def test_replacing_keeping_and_refusing_are_the_callers_choice() -> None:
    bench = a_bench()
    bench.remember(a_draft("a", "old"))

    seen = [
        bench.remember(a_draft("a", text), on_conflict=choice).outcomes[0].status
        for text, choice in (
            ("one", OnConflict.ERROR),
            ("two", OnConflict.KEEP),
            ("three", OnConflict.REPLACE),
        )
    ]

    assert seen == [OutcomeStatus.REJECTED, OutcomeStatus.KEPT, OutcomeStatus.REPLACED]
    assert texts(bench) == ["three"]


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

    report = clearing.forget_matching("ns", EVERYTHING, False, None)

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

    report = clearing.forget_matching("ns", EVERYTHING, False, None)

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


def test_an_entry_that_expired_is_in_no_read() -> None:
    bench = a_bench()
    bench.remember(
        a_draft("a", "one", session="s", turn=1, expires_at=START + timedelta(hours=1)),
        a_draft("b", "two", session="s", turn=2),
    )
    bench.clock.advance(hours=1)

    with pytest.raises(EntryNotFoundError):
        bench.engine.get("ns", "a")
    assert texts(bench) == ["two"]
    assert bench.engine.neighbours("ns", "b", 5).before == ()
    assert [one.entries for one in bench.engine.sessions("ns", limit=5)] == [1]
    assert [hit.entry.id for hit in bench.ask("one two").hits] == ["b"]


def test_an_entry_that_has_expired_already_is_accepted_and_hidden_at_once() -> None:
    bench = a_bench()

    receipt = bench.remember(a_draft("a", expires_at=START))

    assert receipt.outcomes[0].status is OutcomeStatus.CREATED
    with pytest.raises(EntryNotFoundError):
        bench.engine.get("ns", "a")


def test_neighbours_are_the_turns_on_each_side() -> None:
    bench = a_bench()
    bench.remember(*[a_draft(str(n), f"turn {n}", session="s", turn=n) for n in range(7)])

    found = bench.engine.neighbours("ns", "3", 2)

    assert [entry.id for entry in found.before] == ["1", "2"]
    assert [entry.id for entry in found.after] == ["4", "5"]


@pytest.mark.parametrize("limit", [0, -1, 1002])
def test_a_list_has_1_to_1001_rows(limit: int) -> None:
    bench = a_bench()
    bench.remember(a_draft("a"))

    with pytest.raises(InvalidInputError) as refused:
        bench.engine.page("ns", limit=limit)

    assert refused.value.code == "invalid_limit"


def test_a_dropped_namespace_is_gone_with_all_it_held() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"), a_draft("b", "two"))
    bench.remember(a_draft("a"), namespace="other")

    report = bench.engine.drop_namespace("ns")

    assert (report.matched, report.forgotten) == (2, 2)
    assert [one.name for one in bench.engine.namespaces()] == ["other"]
    with pytest.raises(NamespaceNotFoundError):
        bench.engine.drop_namespace("ns")


def test_a_drop_repeated_with_its_key_is_a_replay() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"), a_draft("b", "two"))
    first = bench.engine.drop_namespace("ns", idempotency=KEY)

    again = bench.engine.drop_namespace("ns", idempotency=KEY)

    assert (first.forgotten, first.replayed) == (2, False)
    assert again == replace(first, replayed=True)


def test_a_configuration_repeated_with_its_key_is_a_replay() -> None:
    bench = a_bench()
    first = bench.engine.configure_namespace("ns", {"language": "german"}, idempotency=KEY)
    bench.engine.configure_namespace("ns", {"language": "french"})

    again = bench.engine.configure_namespace("ns", {"language": "german"}, idempotency=KEY)

    assert again == replace(first, replayed=True)
    assert bench.engine.namespaces()[0].settings == {"language": "french"}


def test_a_namespace_can_be_configured_before_it_is_written_to() -> None:
    bench = a_bench()

    bench.engine.configure_namespace("ns", {"language": "german"})

    assert bench.engine.namespaces()[0].settings == {"language": "german"}


def test_every_verb_refuses_a_bad_namespace() -> None:
    bench = a_bench()
    calls: list[Callable[[], object]] = [
        lambda: bench.remember(a_draft("a"), namespace="a/b"),
        lambda: bench.engine.update(UpdateRequest(namespace="a/b", id="a", changes={})),
        lambda: bench.engine.forget("a/b", "a"),
        lambda: bench.engine.forget_matching("a/b", EVERYTHING, dry_run=True),
        lambda: bench.engine.get("a/b", "a"),
        lambda: bench.engine.neighbours("a/b", "a", 1),
        lambda: bench.engine.page("a/b", limit=1),
        lambda: bench.engine.sessions("a/b", limit=1),
        lambda: bench.engine.configure_namespace("a/b", {}),
        lambda: bench.engine.drop_namespace("a/b"),
        lambda: bench.ask("x", namespace="a/b"),
    ]

    for call in calls:
        with pytest.raises(InvalidInputError) as refused:
            call()
        assert refused.value.code == "invalid_namespace"
