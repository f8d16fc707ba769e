"""Remember: what the engine adds to the backend's puts."""

from __future__ import annotations

import threading

import pytest

from memory_service.engine.requests import EmbedMode
from memory_service.errors import (
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
    InvalidInputError,
    NamespaceNotFoundError,
    TooManyEntriesError,
)
from memory_service.model.write import Idempotency, OnConflict, OutcomeStatus
from tests.support.builders import a_draft
from tests.support.clock import START
from tests.support.engines import KEY, a_bench, texts
from tests.support.faults import GatedEmbedder


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
