"""Importing lines over HTTP."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from memory_service.api.importer import Importer
from memory_service.api.lanes import Deadline
from memory_service.api.service import Call, WriteOptions
from memory_service.engine.requests import EmbedMode
from memory_service.model.write import OnConflict
from tests.support.daemon_app import ENTRIES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.testclient import TestClient

    from memory_service.api.service import Service

IMPORT = f"{ENTRIES}:import"
NDJSON = {"Content-Type": "application/x-ndjson"}


def lines_of(*entries: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def imported(client: TestClient, content: Any, **headers: str) -> list[dict[str, Any]]:
    answer = client.post(IMPORT, content=content, headers={**NDJSON, **headers})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def stored(client: TestClient) -> list[str]:
    page = client.get(ENTRIES, params={"limit": 1000})
    return [entry["id"] for entry in page.json()["entries"]] if page.status_code == 200 else []


def test_each_batch_is_acknowledged_with_its_lines(client: TestClient) -> None:
    entries = [{"id": f"e{number}", "text": "words"} for number in range(300)]

    first, second, done = imported(client, lines_of(*entries))

    assert (first["batch"], first["lines"], first["outcomes"]) == (1, [1, 256], {"created": 256})
    assert (second["batch"], second["lines"], second["outcomes"]) == (
        2,
        [257, 300],
        {"created": 44},
    )
    assert done == {"done": True, "lines": 300}
    assert stored(client) == [entry["id"] for entry in entries]


def an_import(service: Service) -> Importer:
    options = WriteOptions(embed=EmbedMode.SYNC, on_conflict=OnConflict.ERROR, collapse=False)
    deadline = Deadline(monotonic=service.monotonic, started=0.0, seconds=None)
    return Importer("ns", options, Call(service=service, deadline=deadline, request_id="r"))


def test_a_batch_is_acknowledged_before_the_next_one_is_sent(service: Service) -> None:
    sent = lines_of(*({"id": f"e{number}", "text": "words"} for number in range(256)))

    async def chunks() -> AsyncIterator[bytes]:
        yield sent
        await asyncio.Event().wait()

    async def first_line() -> bytes:
        async with aclosing(an_import(service).answer(chunks())) as answer:
            return await anext(answer)

    assert json.loads(asyncio.run(first_line()))["lines"] == [1, 256]


def test_pieces_of_any_size_make_the_same_lines(client: TestClient) -> None:
    content = lines_of({"id": "é1", "text": "ünïcode"}, {"id": "b", "text": "words"}).rstrip()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(content), 3):
            yield content[start : start + 3]

    assert imported(client, pieces())[-1] == {"done": True, "lines": 2}
    assert stored(client) == ["é1", "b"]


def test_a_malformed_line_is_named_and_the_good_ones_before_it_are_kept(
    client: TestClient,
) -> None:
    good, bad = lines_of({"id": "a", "text": "words"}), b'{"id": "b", "txt": "swordfish"}\n'

    batch, failed = imported(client, good + b"\n" + bad + lines_of({"id": "c", "text": "words"}))

    assert batch["outcomes"] == {"created": 1}
    assert (failed["line"], failed["error"]["code"]) == (3, "malformed_line")
    assert "Line 3" in failed["error"]["detail"]
    assert "swordfish" not in json.dumps(failed)
    assert stored(client) == ["a"]


@pytest.mark.parametrize(
    "line",
    [b"{", b'{"text": NaN}', b"[]", b'"text"', b'{"text": "\xff"}', b'{"id": "", "text":"a"}'],
)
def test_a_line_that_is_no_entry_is_malformed(client: TestClient, line: bytes) -> None:
    (failed,) = imported(client, line)

    assert (failed["line"], failed["error"]["code"]) == (1, "malformed_line")


def test_a_line_without_end_is_refused_before_it_fills_memory(client: TestClient) -> None:
    (failed,) = imported(client, b'{"text": "' + b"x" * (2 * 1024 * 1024))

    assert "1 MiB" in failed["error"]["detail"]


def test_a_refused_entry_is_named_by_its_line_and_keeps_nobody_out(client: TestClient) -> None:
    batch, done = imported(client, lines_of({"id": "a", "text": "words"}, {"text": " "}))

    assert batch["outcomes"] == {"created": 1, "rejected": 1}
    assert [(one["line"], one["error"]["code"]) for one in batch["rejected"]] == [(2, "blank_text")]
    assert done["done"] is True


def test_the_same_import_under_the_same_key_stores_nothing_twice(client: TestClient) -> None:
    content = lines_of(*({"text": f"words {number}"} for number in range(300)))
    headers = {"Idempotency-Key": "import-1"}

    first = imported(client, content, **headers)
    second = imported(client, content, **headers)

    assert second == first
    assert len(stored(client)) == 300


def test_an_error_of_the_service_ends_the_import_and_says_where(client: TestClient) -> None:
    (failed,) = [
        json.loads(line)
        for line in client.post(
            "/v1/namespaces/a b/entries:import", content=lines_of({"text": "a"}), headers=NDJSON
        ).text.splitlines()
    ]

    assert (failed["error"]["code"], failed["line"]) == ("invalid_namespace", 1)


def test_another_media_type_is_415(client: TestClient) -> None:
    assert client.post(IMPORT, json={"text": "a"}).status_code == 415


def test_a_key_of_any_allowed_length_serves_an_import(client: TestClient) -> None:
    batch, _ = imported(client, lines_of({"text": "a"}), **{"Idempotency-Key": "k" * 255})
    (failed,) = imported(client, lines_of({"text": "a"}), **{"Idempotency-Key": "k" * 256})

    assert batch["outcomes"] == {"created": 1}
    assert failed["error"]["errors"][0]["pointer"] == "Idempotency-Key"
