"""A request that ends before it is whole: the caller left, or the service stops."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from memory_service.api.access import AccessPolicy
from memory_service.api.application import build_application
from tests.support.daemon_app import ENTRIES, HOST, KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.api.service import Service

LINE = b'{"id": "a", "text": "swordfish"}\n'
LEFT: dict[str, object] = {"type": "http.disconnect"}
CANCELLED = asyncio.CancelledError()


def part(body: bytes) -> dict[str, object]:
    return {"type": "http.request", "body": body, "more_body": True}


def served(
    service: Service, path: str, kind: str, parts: Sequence[dict[str, object] | BaseException]
) -> list[dict[str, Any]]:
    """What is sent to a caller whose body comes in *parts*, the last of which ends it early."""
    coming, sent = iter(parts), []

    async def receive() -> dict[str, object]:
        one = next(coming)
        if isinstance(one, BaseException):
            raise one
        return one

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {"host": HOST, "x-api-key": KEY, "content-type": kind}
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    policy = AccessPolicy.local(host="127.0.0.1", port=1933, key=KEY)
    app = build_application(service, policy, new_id=lambda: "request-1")
    asyncio.run(app(scope, receive, send))
    return sent


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_a_caller_that_leaves_is_no_fault_of_ours(
    service: Service, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    path = ENTRIES if kind == "application/json" else f"{ENTRIES}:import"

    with caplog.at_level(logging.INFO):
        served(service, path, kind, [part(b'{"text": "sword'), LEFT])

    assert "the client left" in caplog.text
    assert "sword" not in caplog.text
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_an_upload_that_is_cut_off_by_the_stop_is_a_503_problem(service: Service) -> None:
    start, body, *_ = served(service, ENTRIES, "application/json", [part(b"{"), CANCELLED])

    problem = json.loads(body["body"])
    assert (start["status"], problem["code"], problem["retryable"]) == (503, "not_ready", True)


def test_an_import_that_is_cut_off_by_the_stop_says_where(service: Service) -> None:
    sent = served(
        service, f"{ENTRIES}:import", "application/x-ndjson", [part(LINE * 257), CANCELLED]
    )

    first, last = (json.loads(one["body"]) for one in sent if one.get("body"))
    assert first["lines"] == [1, 256]
    assert (last["line"], last["error"]["code"]) == (257, "not_ready")
    assert sent[-1]["more_body"] is False
