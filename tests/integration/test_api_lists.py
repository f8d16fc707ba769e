"""Pages, sessions, namespaces, status and probes over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.daemon_app import ENTRIES

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from memory_service.api.service import Service

SESSIONS = "/v1/namespaces/ns/sessions"


@pytest.fixture(autouse=True)
def _entries(client: TestClient) -> None:
    entries = [
        {"id": f"e{number}", "text": "words", "session": f"s{number % 3}", "turn": 10 - number}
        for number in range(7)
    ]
    client.post(ENTRIES, json={"entries": entries})


def walk(client: TestClient, address: str, **parameters: str | int) -> list[str]:
    """The ids of every page."""
    ids: list[str] = []
    page = client.get(address, params=parameters).json()
    ids += [entry["id"] for entry in page["entries"]]
    while page["next_cursor"]:
        parameters["cursor"] = page["next_cursor"]
        page = client.get(address, params=parameters).json()
        ids += [entry["id"] for entry in page["entries"]]
    return ids


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_of_any_size_give_every_entry_once_in_order(client: TestClient, limit: int) -> None:
    assert walk(client, ENTRIES, limit=limit) == [f"e{number}" for number in range(7)]


def test_pages_by_turn_come_by_turn(client: TestClient) -> None:
    expected = [f"e{number}" for number in reversed(range(7))]

    assert walk(client, ENTRIES, limit=2, order="turn") == expected


def test_a_page_is_filtered(client: TestClient) -> None:
    found = walk(client, ENTRIES, limit=1, filter=json.dumps({"session": "s1"}))

    assert found == ["e1", "e4"]


def test_a_session_gives_its_turns_in_order(client: TestClient) -> None:
    assert walk(client, f"{SESSIONS}/s0", limit=1) == ["e6", "e3", "e0"]


def test_sessions_come_by_name_page_by_page(client: TestClient) -> None:
    first = client.get(SESSIONS, params={"limit": 2}).json()
    second = client.get(SESSIONS, params={"limit": 2, "cursor": first["next_cursor"]}).json()

    names = [one["session"] for one in first["sessions"] + second["sessions"]]
    assert names == ["s0", "s1", "s2"]
    assert first["sessions"][0]["entries"] == 3
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"order": "turn"},
        {"filter": '{"session": "s1"}'},
        {"cursor": "changed"},
        {"cursor": "ünreadable"},
        {"cursor": ""},
    ],
)
def test_a_cursor_holds_for_its_own_list_alone(
    client: TestClient, elsewhere: dict[str, str]
) -> None:
    cursor = client.get(ENTRIES, params={"limit": 1}).json()["next_cursor"]

    refused = client.get(ENTRIES, params={"cursor": cursor, **elsewhere})

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_cursor")
    assert "start again without one" in refused.json()["detail"]


def test_a_cursor_of_another_namespace_is_refused(client: TestClient) -> None:
    client.post("/v1/namespaces/other/entries", json={"text": "words"})
    cursor = client.get(ENTRIES, params={"limit": 1}).json()["next_cursor"]

    refused = client.get("/v1/namespaces/other/entries", params={"cursor": cursor})

    assert refused.json()["code"] == "invalid_cursor"


def test_a_namespace_is_configured_listed_and_dropped(client: TestClient) -> None:
    made = client.put("/v1/namespaces/de", json={"settings": {"language": "german"}})
    listed = client.get("/v1/namespaces").json()["namespaces"]
    dropped = client.delete("/v1/namespaces/ns").json()

    assert made.json()["settings"] == {"language": "german"}
    assert [one["name"] for one in listed] == ["de", "ns"]
    assert (dropped["dropped"], dropped["forgotten"]) == (True, 7)
    assert client.get("/v1/namespaces/ns").json()["code"] == "namespace_not_found"


def test_a_repeated_drop_with_its_key_answers_as_the_first(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = client.delete("/v1/namespaces/ns", headers=headers)

    again = client.delete("/v1/namespaces/ns", headers=headers)

    assert (first.status_code, first.json()["forgotten"]) == (200, 7)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert client.delete("/v1/namespaces/ns").status_code == 404


def test_a_repeated_configuration_with_its_key_changes_nothing(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    german = {"settings": {"language": "german"}}
    client.put("/v1/namespaces/de", json=german, headers=headers)

    again = client.put("/v1/namespaces/de", json=german, headers=headers)
    other = client.put("/v1/namespaces/de", json={"settings": {}}, headers=headers)

    assert (again.status_code, again.json()["settings"]) == (200, {"language": "german"})
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    "address",
    ["/livez", "/readyz", "/openapi.json", "/docs", f"{ENTRIES}/e0", ENTRIES, f"{ENTRIES}/none"],
)
def test_head_answers_as_get_without_the_body(client: TestClient, address: str) -> None:
    whole = client.get(address)

    head = client.head(address)

    assert (head.status_code, head.content) == (whole.status_code, b"")
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert head.headers.get(name) == whole.headers.get(name)


def test_head_needs_the_key_as_get_does(client: TestClient) -> None:
    del client.headers["Authorization"]

    assert client.head("/v1/status").status_code == 401


def test_status_says_who_serves_what(client: TestClient) -> None:
    status = client.get("/v1/status").json()

    assert (status["entries"], status["namespaces"], status["pending"]) == (7, 1, 0)
    assert (status["role"], status["model"]["name"]) == ("primary", "hashing")


def test_a_node_that_stops_is_alive_but_not_ready(client: TestClient, service: Service) -> None:
    before = client.get("/readyz")

    service.readiness.withdraw()

    after = client.get("/readyz")
    assert (before.status_code, before.json()) == (200, {"status": "ok"})
    assert (after.status_code, after.json()) == (503, {"status": "unavailable"})
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("session", ["two\nlines", "ends\n", "\n", "a/b"])
def test_a_session_of_any_name_has_an_address(client: TestClient, session: str) -> None:
    client.post(ENTRIES, json={"id": "here", "text": "words", "session": session})

    assert walk(client, f"{SESSIONS}/{quote(session, safe='')}") == ["here"]
