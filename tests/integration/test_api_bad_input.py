"""Bad input gets a clear, stable error, and nothing is lost or echoed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.daemon_app import ENTRIES, RECALL

if TYPE_CHECKING:
    from starlette.testclient import TestClient

JSON = {"Content-Type": "application/json"}
TELLING = "swordfish-4711"
MIB = 1024 * 1024

#: Address, body, status, code, and what the detail tells the caller.
REFUSED: dict[str, tuple[str, bytes, int, str, str]] = {
    "blank text": (ENTRIES, b'{"text": " \\u200b\\n"}', 422, "blank_text", "visible"),
    "long text": (
        ENTRIES,
        json.dumps({"text": "x" * (64 * 1024 + 1)}).encode(),
        422,
        "text_too_long",
        "split",
    ),
    "NUL": (ENTRIES, b'{"text": "a\\u0000b"}', 422, "forbidden_character", "NUL"),
    "lone surrogate": (ENTRIES, b'{"text": "\\ud83d"}', 422, "forbidden_character", "whole"),
    "surrogate key": (
        ENTRIES,
        b'{"text": "a", "metadata": {"\\udc00": 1}}',
        422,
        "forbidden_character",
        "whole",
    ),
    "NaN": (ENTRIES, b'{"text": "a", "metadata": {"x": NaN}}', 422, "not_finite", "null"),
    "infinity": (ENTRIES, b'{"text": "a", "metadata": {"x": 1e999}}', 422, "not_finite", "smaller"),
    "huge integer": (
        ENTRIES,
        b'{"text": "a", "metadata": {"x": ' + b"9" * 5000 + b"}}",
        422,
        "invalid_input",
        "string",
    ),
    "deep": (ENTRIES, b'{"metadata": ' + b"[" * 99 + b"]" * 99 + b"}", 422, "invalid_input", "64"),
    "deeper": (ENTRIES, b"[" * 200_000, 422, "invalid_input", "64"),
    "unknown field": (ENTRIES, b'{"text": "a", "txet": 1}', 422, "invalid_input", "/txet"),
    "no text": (ENTRIES, b"{}", 422, "invalid_input", "required"),
    "null text": (ENTRIES, b'{"text": null}', 422, "invalid_input", "/text"),
    "wrong type": (ENTRIES, b'{"text": "a", "turn": true}', 422, "invalid_input", "/turn"),
    "bad time": (ENTRIES, b'{"text": "a", "event_time": "soon"}', 422, "invalid_input", "RFC 3339"),
    "number as time": (ENTRIES, b'{"text": "a", "event_time": 5}', 422, "invalid_input", "2024"),
    "empty id": (ENTRIES, b'{"text": "a", "id": ""}', 422, "invalid_id", "leave it out"),
    "long id": (
        ENTRIES,
        json.dumps({"text": "a", "id": "é" * 257}).encode(),
        422,
        "invalid_id",
        "512",
    ),
    "no entries": (ENTRIES, b'{"entries": []}', 422, "invalid_input", "/entries"),
    "too many entries": (
        ENTRIES,
        json.dumps({"entries": [{"text": "a"}] * 257}).encode(),
        413,
        "too_many_entries",
        "256",
    ),
    "not JSON": (ENTRIES, b'{"text": ', 400, "malformed_body", "character"),
    "empty body": (ENTRIES, b"", 400, "malformed_body", "not JSON"),
    "not UTF-8": (ENTRIES, b'{"text": "\xff"}', 400, "malformed_body", "UTF-8"),
    "UTF-16": (ENTRIES, '{"text": "a"}'.encode("utf-16"), 400, "malformed_body", "UTF-8"),
    "byte order mark": (ENTRIES, b'\xef\xbb\xbf{"text": "a"}', 400, "malformed_body", "character"),
    "repeated key": (ENTRIES, b'{"text": "a", "text": "b"}', 400, "malformed_body", "twice"),
    "bad namespace": (
        "/v1/namespaces/a b/entries",
        b'{"text": "a"}',
        422,
        "invalid_namespace",
        "128",
    ),
    "limit 0": (RECALL, b'{"query": "a", "limit": 0}', 422, "invalid_limit", "/limit"),
    "limit 65": (RECALL, b'{"query": "a", "limit": 65}', 422, "invalid_limit", "64"),
    "limit as text": (RECALL, b'{"query": "a", "limit": "5"}', 422, "invalid_input", "/limit"),
    "blank query": (RECALL, b'{"query": ""}', 422, "blank_text", "visible"),
    "query and queries": (
        RECALL,
        b'{"query": "a", "queries": ["b"]}',
        422,
        "invalid_input",
        "either",
    ),
    "no query": (RECALL, b"{}", 422, "invalid_input", "either"),
    "65 queries": (
        RECALL,
        json.dumps({"queries": ["a"] * 65}).encode(),
        413,
        "too_many_entries",
        "64",
    ),
    "unknown operator": (
        RECALL,
        b'{"query": "a", "filter": {"kind": {"like": "x"}}}',
        422,
        "invalid_filter",
        "takes",
    ),
    "unknown filter field": (
        RECALL,
        b'{"query": "a", "filter": {"knid": "x"}}',
        422,
        "invalid_filter",
        "kind",
    ),
    "unknown cut": (RECALL, b'{"query": "a", "cut": "none"}', 422, "invalid_input", "adaptive"),
    "score above 1": (RECALL, b'{"query": "a", "min_score": 1.5}', 422, "invalid_limit", "1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_bodies_are_refused_with_a_code_and_a_way_out(client: TestClient, case: str) -> None:
    address, body, status, code, hint = REFUSED[case]
    client.post(ENTRIES, json={"id": "before", "text": "a kept entry"})

    answer = client.post(address, content=body, headers=JSON)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert hint in problem["detail"]
    assert problem["instance"] == answer.headers["X-Request-Id"]
    assert [entry["id"] for entry in client.get(ENTRIES).json()["entries"]] == ["before"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"limit": 0}, "invalid_limit"),
        ({"limit": 1001}, "invalid_limit"),
        ({"order": "random"}, "invalid_input"),
        ({"filter": "{"}, "invalid_filter"),
        ({"filter": '{"kind": {"like": "x"}}'}, "invalid_filter"),
        ({"limt": 5}, "invalid_input"),
    ],
)
def test_bad_parameters_are_refused_by_name(
    client: TestClient, parameters: dict[str, str | int], code: str
) -> None:
    answer = client.get(ENTRIES, params=parameters)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("If-Match", "1"),
        ("If-Match", 'W/"1"'),
        ("If-Match", "*"),
        ("If-None-Match", '"1"'),
        ("Memory-Deadline-Ms", "0"),
        ("Memory-Deadline-Ms", "600001"),
        ("Memory-Deadline-Ms", "soon"),
        ("Idempotency-Key", "k" * 256),
        ("Idempotency-Key", ""),
    ],
)
def test_bad_headers_are_refused_by_name(client: TestClient, name: str, value: str) -> None:
    answer = client.put(f"{ENTRIES}/a", json={"text": "words"}, headers={name: value})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == name


@pytest.mark.parametrize("address", [RECALL, f"{ENTRIES}:forget"])
def test_a_filter_of_a_body_that_is_wrong_is_pointed_at(client: TestClient, address: str) -> None:
    query = {"query": "a"} if address == RECALL else {}
    answer = client.post(address, json={**query, "filter": {"kind": {"like": "x"}}})

    assert answer.json()["errors"][0]["pointer"] == "/filter/kind/like"


def test_a_filter_of_the_address_that_is_wrong_is_pointed_at(client: TestClient) -> None:
    problem = client.get(ENTRIES, params={"filter": '{"kind": {"like": "x"}}'}).json()

    assert problem["errors"][0]["pointer"] == "?filter"
    assert "/kind/like" in problem["detail"]


@pytest.mark.parametrize(
    ("entry", "pointer", "hint"),
    [
        ({"text": " "}, "/text", "visible"),
        ({"text": "a", "tags": ["b", ""]}, "/tags/1", "1 to"),
        ({"text": "a", "metadata": {"x": {"y": 1}}}, "/metadata/x", "a string, a number"),
        ({"text": "other", "id": "before"}, "/id", ""),
    ],
)
def test_a_refusal_of_one_entry_points_at_its_field(
    client: TestClient, entry: dict[str, Any], pointer: str, hint: str
) -> None:
    client.post(ENTRIES, json={"id": "before", "text": "a kept entry"})

    problem = client.post(ENTRIES, json=entry).json()

    assert [one["pointer"] for one in problem["errors"]] == [pointer]
    assert hint in problem["detail"]


def test_a_parameter_that_comes_twice_is_refused(client: TestClient) -> None:
    answer = client.get(f"{ENTRIES}?limit=1&limit=2")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?limit")


@pytest.mark.parametrize(
    "body",
    [
        {"text": [TELLING]},
        {"text": TELLING, "turn": TELLING},
        {"text": TELLING + "\0"},
        {"text": TELLING * 9000},
        {"text": "a", "event_time": TELLING},
        {"text": "a", "metadata": {"x": [TELLING]}},
        {"entries": [{"text": TELLING, "id": ["x"]}]},
    ],
)
def test_a_refusal_never_repeats_what_was_sent(client: TestClient, body: dict[str, Any]) -> None:
    answer = client.post(ENTRIES, json=body)

    assert answer.status_code == 422
    assert TELLING not in answer.text


def test_a_body_over_the_limit_is_413(client: TestClient) -> None:
    recall = client.post(RECALL, content=b" " * (MIB + 1), headers=JSON)
    batch = client.post(ENTRIES, content=b" " * (8 * MIB + 1), headers=JSON)

    assert (recall.status_code, recall.json()["code"]) == (413, "too_many_entries")
    assert (batch.status_code, batch.json()["code"]) == (413, "too_many_entries")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_declared_json_is_415(client: TestClient, kind: str) -> None:
    answer = client.post(ENTRIES, content=b'{"text": "a"}', headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("PUT", "", {"settings": {}}),
        ("DELETE", "", None),
        ("GET", "/entries", None),
        ("GET", "/entries/a", None),
        ("GET", "/sessions", None),
        ("POST", "/recall", {"query": "words"}),
    ],
)
def test_every_call_refuses_a_namespace_that_cannot_be(
    client: TestClient, method: str, rest: str, body: object
) -> None:
    answer = client.request(method, f"/v1/namespaces/a b{rest}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_namespace")


LONG = "~" * 100_000


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("PUT", "/v1/namespaces/ns", {"settings": {"language": LONG}}),
        ("PUT", "/v1/namespaces/ns", {"settings": {LONG: "english"}}),
        ("POST", ENTRIES, {"text": "a", LONG: 1}),
        ("POST", ENTRIES, {"text": "a", "metadata": {LONG: 1}}),
        ("POST", ENTRIES, {"text": "a", "metadata": {LONG: [1]}}),
        ("PATCH", f"{ENTRIES}/a", {LONG: 1}),
        ("POST", f"{ENTRIES}:forget", {"filter": {LONG: 1}}),
        ("POST", f"{ENTRIES}:forget", {"filter": {f"metadata.{LONG}": 1}}),
        ("POST", f"{ENTRIES}:forget", {"filter": {"kind": {LONG: 1}}}),
        ("GET", f"/v1/status?{LONG[:5_000]}=1", None),
    ],
)
def test_a_refusal_stays_short_whatever_was_sent(
    client: TestClient, method: str, address: str, body: object
) -> None:
    answer = client.request(method, address, json=body)

    assert answer.status_code == 422
    assert len(answer.content) < 16_000


def test_unknown_addresses_and_methods_are_problems_too(client: TestClient) -> None:
    nowhere = client.get("/v1/nowhere")
    method = client.delete("/v1/status")

    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "route_not_found")
    assert (method.status_code, method.json()["code"]) == (405, "method_not_allowed")
    assert method.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        (ENTRIES, "GET, HEAD, POST"),
        (f"{ENTRIES}/a", "GET, HEAD, PUT, PATCH, DELETE"),
        ("/v1/namespaces/ns", "GET, HEAD, PUT, DELETE"),
        (f"{ENTRIES}:import", "POST"),
    ],
)
def test_a_refused_method_is_told_all_that_the_address_takes(
    client: TestClient, address: str, allowed: str
) -> None:
    answer = client.options(address)

    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


def test_the_id_of_the_body_must_be_the_id_of_the_address(client: TestClient) -> None:
    answer = client.put(f"{ENTRIES}/a", json={"id": "b", "text": "words"})

    assert answer.json()["errors"][0]["pointer"] == "/id"
