"""Who may speak to the daemon, and what an unexpected fault tells."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from memory_service.api.access import AccessPolicy
from memory_service.engine.engine import MemoryEngine
from memory_service.errors import ForbiddenOriginError
from tests.support.daemon_app import ENTRIES, HOST, KEY, RECALL

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from memory_service.engine.requests import RememberRequest

OPEN = ["/livez", "/readyz", "/openapi.json", "/docs", "/docs/page.js", "/docs/page.css"]


@pytest.mark.parametrize("path", OPEN)
def test_probes_and_the_api_page_need_no_key(client: TestClient, path: str) -> None:
    assert client.get(path, headers={"Authorization": ""}).status_code == 200


def test_every_other_route_needs_the_key(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method in operations:
            if path in OPEN:
                continue
            address = path.replace("{namespace}", "ns").replace("{entry_id}", "a")

            answer = client.request(method, address, headers={"Authorization": ""})

            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), path
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("hosts", [(), (HOST, HOST), (HOST, "elsewhere:1933")])
def test_a_request_names_one_host(hosts: tuple[str, ...]) -> None:
    policy = AccessPolicy.local(host="127.0.0.1", port=1933, key=KEY)
    key = (b"authorization", f"Bearer {KEY}".encode())

    policy.check("/v1/status", [key, (b"host", HOST.encode())])
    with pytest.raises(ForbiddenOriginError):
        policy.check("/v1/status", [key, *((b"host", host.encode()) for host in hosts)])


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": f"bearer {KEY}"},
        {"Authorization": "", "X-API-Key": KEY},
    ],
)
def test_the_key_is_taken_from_either_header(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/v1/status", headers=headers).status_code == 200


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + "x", KEY.upper(), "é"])
def test_another_key_opens_nothing(client: TestClient, key: str) -> None:
    headers = {b"Authorization": b"Bearer " + key.encode()}

    assert client.get("/v1/status", headers=headers).status_code == 401


def test_a_key_in_the_address_opens_nothing(client: TestClient) -> None:
    answer = client.get(f"/v1/status?key={KEY}", headers={"Authorization": ""})

    assert answer.status_code == 401


@pytest.mark.parametrize("host", [HOST, "localhost:1933", "[::1]:1933", "LOCALHOST:1933"])
def test_our_own_names_are_served(client: TestClient, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}

    assert client.get("/v1/status", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:1933.", "x@127.0.0.1:1933", ""],
)
def test_a_foreign_host_is_refused_even_with_the_key(client: TestClient, host: str) -> None:
    answer = client.get("/livez", headers={"Host": host})

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_origin")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:1933"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_pages_of_other_sites_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.get("/v1/status", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_origin")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_an_address_that_is_not_utf8_is_refused(client: TestClient) -> None:
    answer = client.get(f"{ENTRIES}/%FF")

    assert (answer.status_code, answer.json()["code"]) == (422, "forbidden_character")


def test_every_answer_is_private_and_has_an_id(client: TestClient) -> None:
    for answer in (client.get("/livez"), client.get("/nowhere"), client.post(RECALL, json={})):
        assert answer.headers["X-Request-Id"].startswith("request-")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers


def test_a_fault_of_ours_is_500_and_logged_without_the_text(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_engine: MemoryEngine, request: RememberRequest) -> None:
        raise RuntimeError(f"cannot store: {request.drafts[0].text}")

    monkeypatch.setattr(MemoryEngine, "remember", fail)
    caplog.set_level(logging.INFO)

    answer = client.post(ENTRIES, json={"text": "swordfish"})

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.json()["instance"] in caplog.text
    assert "RuntimeError" in caplog.text
    assert "swordfish" not in caplog.text + answer.text


def test_the_log_names_routes_not_ids_or_queries(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="memory_service.requests")

    client.get(f"{ENTRIES}/swordfish?neighbours=1")

    assert "GET /v1/namespaces/{namespace}/entries/{entry_id:rest} 404" in caplog.text
    assert "swordfish" not in "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("memory")
    )
