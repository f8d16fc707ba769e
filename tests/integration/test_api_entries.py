"""Remembering, reading, changing and forgetting over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.daemon_app import ENTRIES, RECALL

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.support.clock import ManualClock

FULL = {
    "id": "trip-1",
    "text": "We moved the launch to the second of June.",
    "summary": "The launch is in June.",
    "kind": "fact",
    "scope": "team/launch",
    "tags": ["launch"],
    "metadata": {"priority": 3, "done": False, "ratio": 0.5, "note": None},
    "session": "standup-12",
    "turn": 4,
    "speaker": "Ann",
    "source": "slack",
    "event_time": "2024-05-20T09:30:00+02:00",
    "expires_at": None,
}


def test_an_entry_comes_back_as_it_was_given(client: TestClient) -> None:
    created = client.post(ENTRIES, json=FULL)

    entry = client.get(f"{ENTRIES}/trip-1")

    assert created.status_code == 201
    assert created.json()["status"] == "created"
    assert {name: entry.json()[name] for name in FULL} == FULL
    assert entry.headers["ETag"] == '"1"'


def test_an_equal_entry_is_a_duplicate_and_answers_200(client: TestClient) -> None:
    client.post(ENTRIES, json=FULL)

    again = client.post(ENTRIES, json=FULL)

    assert (again.status_code, again.json()["status"]) == (200, "duplicate")


def test_a_taken_id_is_409_unless_the_caller_says_what_to_do(client: TestClient) -> None:
    client.post(ENTRIES, json={"id": "a", "text": "first"})
    other = {"id": "a", "text": "second"}

    refused = client.post(ENTRIES, json=other)
    kept = client.post(f"{ENTRIES}?on_conflict=keep", json=other)
    replaced = client.post(f"{ENTRIES}?on_conflict=replace", json=other)

    assert (refused.status_code, refused.json()["code"]) == (409, "id_taken")
    assert kept.json()["status"] == "kept"
    assert (replaced.status_code, replaced.json()["status"]) == (200, "replaced")


def test_one_rejected_entry_does_not_undo_the_others(client: TestClient) -> None:
    answer = client.post(ENTRIES, json={"entries": [{"text": "good"}, {"text": "  "}]})

    good, bad = answer.json()["outcomes"]
    assert answer.status_code == 200
    assert good["status"] == "created"
    assert (bad["status"], bad["error"]["code"]) == ("rejected", "blank_text")
    assert answer.headers["Memory-Position"] == answer.json()["position"]


def test_equal_content_is_named_or_collapsed(client: TestClient) -> None:
    client.post(ENTRIES, json={"id": "a", "text": "the same words"})

    named = client.post(ENTRIES, json={"id": "b", "text": "the same words"})
    collapsed = client.post(f"{ENTRIES}?collapse=true", json={"id": "c", "text": "the same words"})

    assert (named.json()["status"], named.json()["duplicate_of"]) == ("created", ["a"])
    assert collapsed.json()["status"] == "duplicate"
    assert client.get(f"{ENTRIES}/c").status_code == 404


@pytest.mark.parametrize(
    "entry_id",
    ["conv-26/D1:1", "/slashes//inside/", "a?b#c", "100%", "日本語 é", "a b", "x:forget", "…"],
)
def test_an_id_of_any_characters_works_in_the_path(client: TestClient, entry_id: str) -> None:
    address = f"{ENTRIES}/{quote(entry_id, safe='')}"

    put = client.put(address, json={"text": "words"})
    got = client.get(address)
    gone = client.delete(address)

    assert (put.status_code, got.json()["id"], gone.status_code) == (201, entry_id, 200)


def test_a_bare_slash_and_an_encoded_one_are_the_same(client: TestClient) -> None:
    client.put(f"{ENTRIES}/conv-26/D1:1", json={"text": "words"})

    assert client.get(f"{ENTRIES}/conv-26%2FD1%3A1").json()["id"] == "conv-26/D1:1"


def test_an_id_with_a_line_break_is_not_the_id_without_it(client: TestClient) -> None:
    client.put(f"{ENTRIES}/a", json={"text": "words"})

    answer = client.delete(f"{ENTRIES}/a%0A")

    assert (answer.status_code, answer.json()["code"]) == (422, "forbidden_character")
    assert client.get(f"{ENTRIES}/a").status_code == 200


def test_put_without_an_id_makes_none_up(client: TestClient) -> None:
    answer = client.put(f"{ENTRIES}/", json={"text": "words"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_id")


def test_put_stores_exactly_the_body(client: TestClient) -> None:
    client.put(f"{ENTRIES}/a", json={"text": "one", "tags": ["x"]})

    replaced = client.put(f"{ENTRIES}/a", json={"text": "two"})

    assert (replaced.status_code, replaced.json()["version"]) == (200, 2)
    assert client.get(f"{ENTRIES}/a").json()["tags"] == []


def test_patch_changes_the_fields_named_and_null_clears(client: TestClient) -> None:
    client.put(f"{ENTRIES}/a", json={"text": "one", "kind": "fact", "speaker": "Ann"})

    client.patch(f"{ENTRIES}/a", json={"kind": None, "tags": ["x"]})

    entry = client.get(f"{ENTRIES}/a").json()
    assert (entry["kind"], entry["tags"], entry["speaker"]) == (None, ["x"], "Ann")


@pytest.mark.parametrize("verb", ["put", "patch", "delete"])
def test_a_stale_if_match_is_412_and_changes_nothing(client: TestClient, verb: str) -> None:
    client.put(f"{ENTRIES}/a", json={"text": "one"})
    client.put(f"{ENTRIES}/a", json={"text": "two"})
    body = None if verb == "delete" else {"text": "three"}

    refused = client.request(verb, f"{ENTRIES}/a", json=body, headers={"If-Match": '"1"'})

    assert (refused.status_code, refused.json()["code"]) == (412, "version_conflict")
    assert client.get(f"{ENTRIES}/a").json()["text"] == "two"


def test_if_none_match_creates_but_never_replaces(client: TestClient) -> None:
    headers = {"If-None-Match": "*"}

    first = client.put(f"{ENTRIES}/a", json={"text": "one"}, headers=headers)
    second = client.put(f"{ENTRIES}/a", json={"text": "two"}, headers=headers)

    assert (first.status_code, second.status_code) == (201, 412)


def test_a_replay_answers_like_the_first_call_and_does_nothing(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = client.post(ENTRIES, json={"text": "one"}, headers=headers)

    second = client.post(ENTRIES, json={"text": "one"}, headers=headers)

    assert second.json() == first.json()
    assert second.status_code == first.status_code
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def test_a_key_with_another_body_is_refused(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    client.post(ENTRIES, json={"text": "one"}, headers=headers)

    other = client.post(ENTRIES, json={"text": "two"}, headers=headers)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_key_with_another_condition_is_refused(client: TestClient) -> None:
    client.put(f"{ENTRIES}/a", json={"text": "words"})
    key = {"Idempotency-Key": "k1"}

    stale = client.put(f"{ENTRIES}/a", json={"text": "new"}, headers={**key, "If-Match": '"9"'})
    fresh = client.put(f"{ENTRIES}/a", json={"text": "new"}, headers={**key, "If-Match": '"1"'})

    assert stale.json()["code"] == "version_conflict"
    assert fresh.json()["code"] == "idempotency_key_reused"


def test_forgetting_by_filter_counts_first_and_then_forgets(client: TestClient) -> None:
    for number in range(3):
        client.post(ENTRIES, json={"id": f"e{number}", "text": "words", "turn": number})
    body = {"filter": {"turn": {"gte": 1}}}

    counted = client.post(f"{ENTRIES}:forget", json={**body, "dry_run": True}).json()
    forgotten = client.post(f"{ENTRIES}:forget", json=body).json()

    assert (counted["matched"], counted["forgotten"]) == (2, 0)
    assert (forgotten["matched"], forgotten["forgotten"]) == (2, 2)
    assert [entry["id"] for entry in client.get(ENTRIES).json()["entries"]] == ["e0"]


def test_what_is_forgotten_is_gone_from_every_read(client: TestClient) -> None:
    client.post(ENTRIES, json={"id": "a", "text": "purple elephants", "session": "s"})

    client.delete(f"{ENTRIES}/a")

    assert client.get(f"{ENTRIES}/a").json()["code"] == "entry_not_found"
    assert client.get(ENTRIES).json()["entries"] == []
    assert client.post(RECALL, json={"query": "purple elephants"}).json()["hits"] == []


def test_an_expired_entry_is_gone_at_that_instant(client: TestClient, clock: ManualClock) -> None:
    client.post(ENTRIES, json={"id": "a", "text": "soon", "expires_at": "2026-01-01T12:01:00Z"})

    clock.advance(seconds=60)

    assert client.get(f"{ENTRIES}/a").status_code == 404


def test_neighbours_are_the_turns_around_an_entry(client: TestClient) -> None:
    for turn in range(5):
        client.post(ENTRIES, json={"id": f"t{turn}", "text": "words", "session": 7, "turn": turn})

    entry = client.get(f"{ENTRIES}/t2?neighbours=1").json()

    assert [one["id"] for one in entry["before"]] == ["t1"]
    assert [one["id"] for one in entry["after"]] == ["t3"]
    assert entry["session"] == "7"


def test_an_async_write_is_found_by_its_words_at_once(client: TestClient) -> None:
    created = client.post(f"{ENTRIES}?embed=async", json={"id": "a", "text": "purple elephants"})

    answer = client.post(RECALL, json={"query": "purple elephants"}).json()

    assert created.json()["embedded"] is False
    assert [hit["entry"]["id"] for hit in answer["hits"]] == ["a"]
    assert {"leg": "dense", "reason": "pending"} in answer["degraded"]
