"""What is sent, what is refused before sending, and what comes back."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_client import (
    ClientClosedError,
    EntryDraft,
    NewEntry,
    Receipt,
    UnsendableError,
)
from agent_client._batching import MOST_BYTES, MOST_ENTRIES, batches
from agent_client._encoding import path
from tests.client.support import (
    ENTRY,
    OUTCOME,
    Daemon,
    answer,
    client,
)

NAN, LONE = math.nan, "half \ud83d of a pair"
REJECTED = {
    "status": "rejected", "id": "", "version": 0, "embedded": False, "duplicate_of": [],
    "error": {"code": "blank_text", "detail": "d", "status": 422, "instance": "r", "errors": []},
}  # fmt: skip


def remembering(*, body: object = None) -> Daemon:
    return Daemon([answer(201, OUTCOME if body is None else body)])


def test_a_text_with_details_a_draft_and_a_mapping_are_sent_alike() -> None:
    daemon = remembering()
    memory = client(daemon)
    at = datetime(2024, 5, 20, tzinfo=UTC)

    memory.remember("text", speaker="Ann", event_time=at)
    memory.remember(EntryDraft(text="text", speaker="Ann", event_time=at))
    memory.remember(MappingProxyType({"text": "text", "speaker": "Ann", "event_time": at}))

    plain = {"text": "text", "speaker": "Ann", "event_time": "2024-05-20T00:00:00+00:00"}
    assert daemon.bodies == [plain, plain | {"tags": [], "metadata": {}}, plain]


def test_details_belong_to_a_text() -> None:
    with pytest.raises(TypeError, match="speaker"):
        client(remembering()).remember(["one"], speaker="Ann")  # type: ignore[call-overload]


def test_a_sequence_gives_a_receipt_with_the_refused_among_its_outcomes() -> None:
    done = {key: value for key, value in OUTCOME.items() if key != "position"}
    daemon = remembering(body={"outcomes": [done, REJECTED], "position": "1:3:ab"})

    receipt = client(daemon).remember(["one", " "])

    assert daemon.bodies == [{"entries": [{"text": "one"}, {"text": " "}]}]
    assert isinstance(receipt, Receipt)
    assert [outcome.status for outcome in receipt.outcomes] == ["created", "rejected"]
    assert receipt.rejected[0].error is not None
    assert receipt.rejected[0].error.code == "blank_text"
    assert receipt.outcomes[0].position == receipt.position == "1:3:ab"


def test_a_replay_is_told() -> None:
    daemon = Daemon([answer(201, OUTCOME, idempotent_replayed="true")])

    assert client(daemon).remember("text").replayed is True


def test_an_update_clears_what_is_none_and_names_the_version() -> None:
    daemon = remembering()

    client(daemon).update("a/b", speaker=None, tags=["x"], if_version=3)

    request = daemon.requests[0]
    assert daemon.bodies == [{"speaker": None, "tags": ["x"]}]
    assert request.url.raw_path.startswith(b"/v1/namespaces/default/entries/a%2Fb?")
    assert request.headers["if-match"] == '"3"'


def test_a_namespace_of_the_call_comes_before_the_client_s() -> None:
    daemon = Daemon([answer(200, ENTRY)])

    client(daemon).get("a", namespace="other")

    assert daemon.requests[0].url.path == "/v1/namespaces/other/entries/a"


def test_forgetting_takes_an_id_or_a_filter() -> None:
    memory = client(remembering())

    with pytest.raises(TypeError):
        memory.forget()  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        memory.forget("a", filter={"kind": "fact"})  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({"text": LONE}, "/text"),
        ({"text": "t", "tags": ["a", LONE]}, "/tags/1"),
        ({"text": "t", "metadata": {"score": NAN}}, "/metadata/score"),
        ({"text": "t", "metadata": {"score": math.inf}}, "/metadata/score"),
        ({"text": "t", "metadata": {LONE: 1}}, "/metadata"),
        ({"text": "t", "metadata": {"a": {1, 2}}}, "/metadata/a"),
        ({"text": "t", "metadata": b"bytes"}, "/metadata"),
    ],
)
def test_what_has_no_form_on_the_wire_is_refused_with_its_place(
    entry: dict[str, Any], place: str
) -> None:
    daemon = remembering()

    with pytest.raises(UnsendableError, match=place) as caught:
        client(daemon).remember(entry)

    assert daemon.requests == []
    assert "half" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_payload_without_end_is_refused() -> None:
    endless: dict[str, object] = {"text": "t"}
    endless["metadata"] = endless

    with pytest.raises(UnsendableError, match="no form in JSON"):
        client(remembering()).remember(endless)


def test_an_empty_namespace_is_not_the_client_s_own() -> None:
    with pytest.raises(UnsendableError):
        client(remembering()).remember("text", namespace="")


@pytest.mark.parametrize("deadline", [NAN, math.inf])
def test_a_deadline_is_a_finite_number(deadline: float) -> None:
    with pytest.raises(UnsendableError, match="deadline"):
        client(remembering()).recall("when?", deadline=deadline)


def test_in_a_sequence_the_place_has_the_entry_s_number() -> None:
    with pytest.raises(UnsendableError, match="/entries/1/text"):
        client(remembering()).remember(["fine", LONE])


@pytest.mark.parametrize("segment", ["", ".", "..", LONE])
def test_an_id_that_would_name_another_address_is_refused(segment: str) -> None:
    daemon = Daemon([answer(200, ENTRY)])

    with pytest.raises(UnsendableError):
        client(daemon).get(segment)

    assert daemon.requests == []


@pytest.mark.parametrize("key", ["schlüssel", "a\nb", ""])
def test_an_idempotency_key_that_no_header_takes_is_refused(key: str) -> None:
    with pytest.raises(UnsendableError):
        client(remembering()).remember("text", idempotency_key=key)


@pytest.mark.parametrize("query", [LONE, ["fine", LONE]])
def test_a_query_that_cannot_be_sent_is_refused(query: str | list[str]) -> None:
    with pytest.raises(UnsendableError, match="quer"):
        client(remembering()).recall(query)


def test_filters_in_addresses_are_held_to_the_same() -> None:
    memory = client(remembering())

    with pytest.raises(UnsendableError):
        memory.list(filter={"kind": LONE})
    with pytest.raises(UnsendableError):
        memory.list(filter={"turn": NAN})
    with pytest.raises(UnsendableError):
        memory.list(filter={"id": {"in": ["x" * 100_000]}})


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_a_segment_comes_back_from_its_address(segment: str) -> None:
    encoded = path(segment)

    assert unquote(encoded[1:]) == segment
    assert encoded.isascii()
    assert not set(encoded[1:]) & set("/?#")


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([1, 2_000_000, 3_000_000]), max_size=8))
def test_batches_hold_every_entry_in_order_within_the_limits(sizes: list[int]) -> None:
    texts = [f"{number}" * size for number, size in enumerate(sizes)]

    found = [*batches(texts)]

    assert [piece for batch in found for piece in batch.pieces] == [
        piece for text in texts for piece in next(batches([text])).pieces
    ]
    assert all(len(batch.body()) == batch.size <= MOST_BYTES for batch in found)


def test_batches_are_as_few_as_the_limits_allow() -> None:
    sizes = [len(batch.pieces) for batch in batches(["a"] * (2 * MOST_ENTRIES + 1))]

    assert sizes == [MOST_ENTRIES, MOST_ENTRIES, 1]


@pytest.mark.parametrize(("extra", "calls"), [(0, 1), (1, 2)])
def test_a_batch_is_filled_to_the_byte(extra: int, calls: int) -> None:
    envelope = len('{"entries":[{"text":""},{"text":""}]}')
    texts = ["a", "b" * (MOST_BYTES - envelope - 1 + extra)]

    found = [*batches(texts)]

    assert len(found) == calls


def test_an_entry_over_the_limit_is_sent_alone_for_the_service_to_refuse() -> None:
    sizes = [len(batch.pieces) for batch in batches(["a", "b" * (MOST_BYTES + 1), "c"])]

    assert sizes == [1, 1, 1]


def test_an_entry_that_cannot_be_sent_does_not_hold_back_those_before_it() -> None:
    daemon = remembering(body={"outcomes": [OUTCOME, OUTCOME], "position": "1:3:ab"})
    entries: list[NewEntry] = ["one", "two", LONE, "four"]
    receipts = client(daemon).remember_many(entries)

    first = next(receipts)
    with pytest.raises(UnsendableError, match="/entries/2/text"):
        next(receipts)

    assert len(first.outcomes) == 2
    assert daemon.bodies == [{"entries": [{"text": "one"}, {"text": "two"}]}]


def test_each_batch_has_its_own_key() -> None:
    daemon = remembering(body={"outcomes": [OUTCOME], "position": "1:3:ab"})

    receipts = [*client(daemon).remember_many(["a"] * 300)]

    keys = [request.headers["idempotency-key"] for request in daemon.requests]
    assert (len(receipts), keys) == (2, ["key-1", "key-2"])


def test_a_closed_client_says_so() -> None:
    memory = client(remembering())
    memory.close()
    memory.close()

    with pytest.raises(ClientClosedError):
        memory.remember("text")


def test_a_client_does_not_show_its_key() -> None:
    memory = client(remembering())

    assert "Bearer" not in repr(memory._core.terms)
    assert repr(memory) == "MemoryClient('http://127.0.0.1:1933', namespace='default')"
