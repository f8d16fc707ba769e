"""A bad address, parameter, header or method gets a clear, stable error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.daemon_app import ENTRIES

if TYPE_CHECKING:
    from starlette.testclient import TestClient


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


def test_a_filter_of_the_address_that_is_wrong_is_pointed_at(client: TestClient) -> None:
    problem = client.get(ENTRIES, params={"filter": '{"kind": {"like": "x"}}'}).json()

    assert problem["errors"][0]["pointer"] == "?filter"
    assert "/kind/like" in problem["detail"]


def test_a_parameter_that_comes_twice_is_refused(client: TestClient) -> None:
    answer = client.get(f"{ENTRIES}?limit=1&limit=2")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?limit")


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
