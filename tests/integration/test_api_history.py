"""Earlier versions, moments of the past and taking back, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

NS = "/v1/namespaces/ns"
ENTRIES = f"{NS}/entries"
ENTRY = f"{ENTRIES}/a/b"


@pytest.fixture
def positions(client: TestClient) -> list[str]:
    """An entry written, changed and forgotten: the position after each."""
    first = client.put(ENTRY, json={"text": "We meet on Monday.", "kind": "note"})
    second = client.patch(ENTRY, json={"text": "We meet on Friday."})
    third = client.delete(ENTRY)
    return [each.json()["position"] for each in (first, second, third)]


def test_a_forgotten_entry_is_gone_and_has_a_history(
    client: TestClient, positions: list[str]
) -> None:
    found = client.get(ENTRY, params={"history": 10}).json()["versions"]

    assert client.get(ENTRY).json()["code"] == "entry_not_found"
    assert [(one["entry"]["text"], one["ended"]) for one in found] == [
        ("We meet on Friday.", "forgotten"),
        ("We meet on Monday.", "replaced"),
    ]
    assert all(one["until"] for one in found)


def test_a_position_shows_what_was_then(client: TestClient, positions: list[str]) -> None:
    first, second, third = positions

    def text(position: str) -> str:
        answer = client.get(ENTRY, params={"as_of": position})
        assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
        return str(answer.json()["text"])

    assert [text(first), text(second)] == ["We meet on Monday.", "We meet on Friday."]
    assert client.get(ENTRY, params={"as_of": third}).status_code == 404
    listed = client.get(ENTRIES, params={"as_of": first, "filter": '{"kind": "note"}'}).json()
    assert [one["text"] for one in listed["entries"]] == ["We meet on Monday."]
    assert client.get(ENTRIES).json()["entries"] == []


def test_a_cursor_belongs_to_its_moment(client: TestClient) -> None:
    body = {"entries": [{"id": id, "text": id} for id in ("a", "b", "c")]}
    then = client.post(ENTRIES, json=body).json()["position"]
    first = client.get(ENTRIES, params={"as_of": then, "limit": 2}).json()
    client.delete(f"{ENTRIES}/c")

    second = client.get(ENTRIES, params={"as_of": then, "cursor": first["next_cursor"]})
    other = client.get(ENTRIES, params={"cursor": first["next_cursor"]})

    assert [one["id"] for one in second.json()["entries"]] == ["c"]
    assert other.json()["code"] == "invalid_cursor"


@pytest.mark.parametrize("moment", ["", "soon", "1:2", "1:99:" + "0" * 64, "9:1:" + "0" * 64])
def test_what_is_no_moment_of_this_log_is_refused(
    client: TestClient, positions: list[str], moment: str
) -> None:
    for address in (ENTRY, ENTRIES):
        refused = client.get(address, params={"as_of": moment})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
        assert refused.json()["errors"][0]["pointer"] == "?as_of"


@pytest.mark.parametrize(
    "query", [{"history": 1, "as_of": "2026-01-01"}, {"as_of": "2026-01-01", "neighbours": 1}]
)
def test_one_thing_is_asked_at_a_time(client: TestClient, query: dict[str, str | int]) -> None:
    assert client.get(ENTRY, params=query).json()["code"] == "invalid_input"


def test_what_was_forgotten_comes_back_once(client: TestClient, positions: list[str]) -> None:
    headers = {"Idempotency-Key": "k"}
    body = {"ids": ["a/b", "nobody"]}

    first = client.post(f"{NS}/entries:restore", json=body, headers=headers)
    again = client.post(f"{NS}/entries:restore", json=body, headers=headers)

    answer = first.json()
    assert (answer["matched"], answer["restored"], answer["ids"]) == (2, 1, ["a/b"])
    assert [(one["id"], one["status"]) for one in answer["refused"]] == [("nobody", "missing")]
    assert again.json() == answer
    assert again.headers["Idempotent-Replayed"] == "true"
    assert client.get(ENTRY).json()["text"] == "We meet on Friday."
    hits = client.post(f"{NS}/recall", json={"query": "when do we meet"}).json()["hits"]
    assert [hit["entry"]["id"] for hit in hits] == ["a/b"]


def test_an_id_that_was_taken_again_is_named(client: TestClient, positions: list[str]) -> None:
    client.put(ENTRY, json={"text": "Another."})

    answer = client.post(f"{NS}/entries:restore", json={"ids": ["a/b"]}).json()

    assert [one["error"]["code"] for one in answer["refused"]] == ["id_taken"]
    assert client.get(ENTRY).json()["text"] == "Another."


def test_a_filter_says_what_would_come_back_before_it_does(
    client: TestClient, positions: list[str]
) -> None:
    body = {"filter": {"kind": "note"}}

    looked = client.post(f"{NS}/entries:restore", json={**body, "dry_run": True}).json()
    before = client.get(ENTRY).status_code
    done = client.post(f"{NS}/entries:restore", json=body).json()
    nothing = client.post(f"{NS}/entries:restore", json=body).json()

    assert (looked["matched"], looked["restored"], looked["ids"]) == (1, 0, ["a/b"])
    assert (before, done["restored"], nothing["matched"]) == (404, 1, 0)


@pytest.mark.parametrize(
    "body", [{}, {"ids": ["a"], "filter": {}}, {"ids": []}, {"ids": ["a"], "dry_run": True}]
)
def test_what_is_to_come_back_must_be_said(client: TestClient, body: dict[str, object]) -> None:
    client.put(ENTRY, json={"text": "words"})

    assert client.post(f"{NS}/entries:restore", json=body).status_code == 422


def test_entries_expire_after_the_days_of_their_kind(client: TestClient) -> None:
    settings = {"expiry_days": {"note": 30, "joke": 0.5}}
    made = client.put(NS, json={"settings": settings}).json()
    client.put(f"{ENTRIES}/a", json={"text": "words", "kind": "note"})
    client.put(f"{ENTRIES}/b", json={"text": "words"})

    found = {one["id"]: one["expires_at"] for one in client.get(ENTRIES).json()["entries"]}

    assert made["settings"] == {"language": "english", **settings}
    assert client.get(NS).json()["settings"] == made["settings"]
    assert found["a"] is not None
    assert found["b"] is None
    refused = client.put(NS, json={"settings": {"expiry_days": {"note": 0}}})
    assert refused.json()["errors"][0]["pointer"].startswith("/settings/expiry_days")
