"""A bad body gets a clear, stable error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.daemon_app import ENTRIES, RECALL

if TYPE_CHECKING:
    from starlette.testclient import TestClient

JSON = {"Content-Type": "application/json"}

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


@pytest.mark.parametrize("address", [RECALL, f"{ENTRIES}:forget"])
def test_a_filter_of_a_body_that_is_wrong_is_pointed_at(client: TestClient, address: str) -> None:
    query = {"query": "a"} if address == RECALL else {}
    answer = client.post(address, json={**query, "filter": {"kind": {"like": "x"}}})

    assert answer.json()["errors"][0]["pointer"] == "/filter/kind/like"


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


def test_the_id_of_the_body_must_be_the_id_of_the_address(client: TestClient) -> None:
    answer = client.put(f"{ENTRIES}/a", json={"id": "b", "text": "words"})

    assert answer.json()["errors"][0]["pointer"] == "/id"
