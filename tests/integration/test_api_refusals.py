"""A refusal is short and repeats nothing of what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.daemon_app import ENTRIES

if TYPE_CHECKING:
    from starlette.testclient import TestClient

TELLING = "swordfish-4711"


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
