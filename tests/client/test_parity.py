"""Both faces say and send the same."""

from __future__ import annotations

import asyncio
import inspect
from datetime import UTC, datetime
from typing import Any

import pytest

from agent_client import AsyncMemoryClient, MemoryClient
from tests.client.support import (
    ENTRY,
    OUTCOME,
    RECALL,
    Daemon,
    answer,
    async_client,
    client,
)

PAGE = {"entries": [ENTRY], "next_cursor": None}
STATUS = {
    "version": "0.1.0", "role": "primary", "writable": True, "position": "1:2:ab",
    "namespaces": 1, "entries": 2, "pending": 0, "epoch": 1, "process_id": 7,
    "model": {"name": None, "state": "missing", "detail": "no model", "source": ""},
}  # fmt: skip
BACKUP = {
    "backup": "name", "schema_version": 2, "cluster_id": "c", "position": "1:2:ab",
    "fingerprint": "", "model": "", "entries": 2, "changes": 2, "namespaces": 1, "vectors": 0,
    "created_at": "2026-06-01T12:00:00+00:00", "name": "memory.duckdb", "size": 4096,
    "sha256": "ab",
}  # fmt: skip
COMPACTED = {"position": "1:2:ab", "bytes_before": 9, "bytes_after": 4, "writes_waited": 0.1}
REPORT = {"matched": 1, "forgotten": 1, "ids": ["a"], "position": "1:2:ab"}
RESTORED = {"matched": 2, "restored": 1, "ids": ["a"], "refused": [OUTCOME], "position": "1:2:ab"}
VERSION = {"entry": ENTRY, "until": "2026-01-01T00:00:00Z", "ended": "replaced"}
NAMESPACE = {"name": "default", "entries": 2, "pending": 0, "settings": {"language": "english"}}

#: Each method with arguments, and an answer it can read.
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any], Any]] = {
    "remember": (("text",), {"speaker": "Ann", "embed": "async"}, OUTCOME),
    "recall": (
        ("when?",),
        {"limit": 3, "deadline": 1.0, "context": 2, "collapse": False, "boosts": {"recency": 0.2}},
        RECALL,
    ),
    "forget": ((), {"filter": {"kind": "fact"}, "dry_run": True}, REPORT),
    "restore": ((["a", "b"],), {}, RESTORED),
    "get": (("a/b",), {"as_of": datetime(2026, 1, 1, tzinfo=UTC)}, ENTRY),
    "history": (("a/b",), {"limit": 3}, {"versions": [VERSION, {"entry": ENTRY}]}),
    "neighbours": (("a",), {"count": 2}, {**ENTRY, "before": [ENTRY], "after": []}),
    "update": (("a",), {"text": "new", "speaker": None, "if_version": 3}, OUTCOME),
    "list": ((), {"filter": {"kind": "fact"}, "limit": 5, "cursor": "c", "as_of": "1:2:ab"}, PAGE),
    "sessions": ((), {"namespace": "other"}, {"sessions": [], "next_cursor": None}),
    "session": (("s 1",), {"limit": 2}, PAGE),
    "namespaces": ((), {}, {"namespaces": [NAMESPACE]}),
    "configure_namespace": (
        ("n", {"language": "german", "expiry_days": {"note": 30}}),
        {},
        NAMESPACE,
    ),
    "drop_namespace": (("n",), {}, {"dropped": True, "forgotten": 2, "position": "1:2:ab"}),
    "make_backup": ((), {}, BACKUP),
    "read_backup": (("name", 4), {}, {"bytes": "of any kind"}),
    "drop_backup": (("name",), {}, {}),
    "compact": ((), {}, COMPACTED),
    "status": ((), {}, STATUS),
    "reembed": ((), {}, {"reembed": {"model": "m", "state": "loading", "done": 0, "total": 2}}),
    "ready": ((), {}, {"status": "ok"}),
}
ITERATORS = {"remember_many", "iterate"}


def public(face: type) -> list[str]:
    """The face's methods in the order of its source."""
    return [name for name in vars(face) if not name.startswith("_")]


def parameters(face: type, name: str) -> list[inspect.Parameter]:
    return list(inspect.signature(getattr(face, name)).parameters.values())


def test_both_faces_have_the_same_methods_in_the_same_order() -> None:
    assert public(MemoryClient) == public(AsyncMemoryClient)


@pytest.mark.parametrize("name", public(MemoryClient))
def test_a_method_takes_the_same_on_both_faces(name: str) -> None:
    assert parameters(MemoryClient, name) == parameters(AsyncMemoryClient, name)


def test_both_faces_are_made_alike() -> None:
    """Only the transport, a thing of the network library, is of another class."""
    names = [
        [one.name for one in parameters(face, "__init__")]
        for face in (MemoryClient, AsyncMemoryClient)
    ]
    assert names[0] == names[1]


def test_every_method_is_compared_below() -> None:
    assert set(CALLS) | ITERATORS | {"close"} == set(public(MemoryClient))


@pytest.mark.parametrize("name", CALLS)
def test_a_method_sends_and_returns_the_same_on_both_faces(name: str) -> None:
    args, options, body = CALLS[name]
    script = [answer(200, body, memory_position="1:2:ab")]
    one, other = Daemon([*script]), Daemon([*script])

    with client(one) as memory:
        sync = getattr(memory, name)(*args, **options)

    async def ask() -> object:
        async with async_client(other) as memory:
            return await getattr(memory, name)(*args, **options)

    awaited = asyncio.run(ask())

    assert sync == awaited
    assert [seen(one)] == [seen(other)]
    assert len(one.requests) == 1


def seen(daemon: Daemon) -> tuple[object, ...]:
    request = daemon.requests[0]
    return (request.method, str(request.url), sorted(request.headers.items()), request.content)


def test_iterators_give_the_same_on_both_faces() -> None:
    """`iterate` follows cursors; `remember_many` gives a receipt a batch."""
    pages = [answer(body={"entries": [ENTRY], "next_cursor": "c"}), answer(body=PAGE)]
    receipt = answer(body={"outcomes": [OUTCOME], "position": "1:2:ab"})
    one, other = Daemon([*pages, receipt]), Daemon([*pages, receipt])

    with client(one) as memory:
        sync: list[list[Any]] = [[*memory.iterate()], [*memory.remember_many(["text"])]]

    async def ask() -> list[list[Any]]:
        async with async_client(other) as memory:
            entries = [entry async for entry in memory.iterate()]
            return [entries, [receipt async for receipt in memory.remember_many(["text"])]]

    assert sync == asyncio.run(ask())
    assert [len(part) for part in sync] == [2, 1]
    assert [str(r.url) for r in one.requests] == [str(r.url) for r in other.requests]
