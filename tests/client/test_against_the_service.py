"""The client against the real HTTP application, over a socket, on a backend of dicts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from agent_client import (
    AccessError,
    AsyncMemoryClient,
    EntryNotFoundError,
    IdTakenError,
    InvalidInputError,
    MemoryClient,
    NamespaceNotFoundError,
    VersionConflictError,
)
from tests.support.daemon_app import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def memory(url: str, request: pytest.FixtureRequest) -> Iterator[MemoryClient]:
    """A client with a namespace of its own."""
    with MemoryClient(url, api_key=KEY, namespace=request.node.name[:100]) as client:
        yield client


def test_what_is_remembered_is_recalled(memory: MemoryClient) -> None:
    outcome = memory.remember("We moved the launch to June.", speaker="Ann", tags=["launch"])

    recall = memory.recall("When is the launch?", deadline=30.0, on_none="best", timings=True)

    assert outcome.status == "created"
    assert [hit.entry.id for hit in recall.hits] == [outcome.id]
    assert recall.hits[0].entry == memory.get(outcome.id)
    assert f'"{outcome.id}"' in recall.to_prompt(200)
    assert recall.timings_ms


def test_several_queries_have_several_answers(memory: MemoryClient) -> None:
    memory.remember(["The launch is in June.", "Bob likes tea."])

    batch = memory.recall(["launch", "tea"], on_none="best")

    assert [answer.query for answer in batch.answers] == ["launch", "tea"]
    assert all(answer.model for answer in batch.answers)


def test_a_batch_keeps_the_good_and_names_the_refused(memory: MemoryClient) -> None:
    receipt = memory.remember([{"id": "a", "text": "good"}, {"id": "b", "text": " "}])

    assert [outcome.status for outcome in receipt.outcomes] == ["created", "rejected"]
    assert receipt.rejected[0].error is not None
    assert receipt.rejected[0].error.code == "blank_text"


def test_a_key_used_twice_writes_once(memory: MemoryClient) -> None:
    first = memory.remember("text", idempotency_key="k")
    again = memory.remember("text", idempotency_key="k")

    assert (first.replayed, again.replayed) == (False, True)
    assert first.id == again.id


def test_many_entries_go_in_batches_and_come_back_page_by_page(memory: MemoryClient) -> None:
    texts = [f"entry number {number}" for number in range(600)]

    receipts = [*memory.remember_many(texts)]

    assert [len(receipt.outcomes) for receipt in receipts] == [256, 256, 88]
    assert [entry.text for entry in memory.iterate()] == texts
    assert len(memory.list(limit=7).entries) == 7


def test_changing_and_forgetting(memory: MemoryClient) -> None:
    memory.remember("one", id="a/b", speaker="Ann", metadata={"n": 1})

    changed = memory.update("a/b", text="two", speaker=None, if_version=1)
    with pytest.raises(VersionConflictError):
        memory.update("a/b", text="three", if_version=1)
    entry = memory.get("a/b")
    counted = memory.forget(filter={"metadata.n": {"gte": 1}}, dry_run=True)
    forgotten = memory.forget("a/b", if_version=changed.version)

    assert (entry.text, entry.speaker, entry.version) == ("two", None, 2)
    assert (counted.matched, counted.forgotten, counted.ids) == (1, 0, ("a/b",))
    assert forgotten.status == "forgotten"
    with pytest.raises(EntryNotFoundError):
        memory.forget("a/b")


def test_sessions_and_their_turns(memory: MemoryClient) -> None:
    memory.remember(
        [
            {"id": f"t{turn}", "text": f"turn {turn}", "session": 7, "turn": turn}
            for turn in (2, 1, 3)
        ]
    )

    around = memory.neighbours("t2", count=1)

    assert [session.session for session in memory.sessions().sessions] == ["7"]
    assert [entry.id for entry in memory.session("7").entries] == ["t1", "t2", "t3"]
    assert [entry.id for entry in (*around.before, *around.after)] == ["t1", "t3"]


def test_namespaces_and_status(memory: MemoryClient) -> None:
    position = memory.configure_namespace("german-notes", {"language": "german"})
    listed = {one.name: one for one in memory.namespaces()}
    dropped = memory.drop_namespace("german-notes")

    assert position
    assert listed["german-notes"].settings["language"] == "german"
    assert dropped.forgotten == 0
    assert memory.status().model.state == "ready"
    assert memory.ready() is True


def test_refusals_have_their_classes(memory: MemoryClient, url: str) -> None:
    memory.remember("one", id="a")

    with pytest.raises(IdTakenError):
        memory.remember("two", id="a")
    with pytest.raises(InvalidInputError, match="blank_text"):
        memory.remember(" ")
    with pytest.raises(InvalidInputError, match="invalid_limit"):
        memory.recall("one", limit=65)
    with pytest.raises(InvalidInputError, match="invalid_filter"):
        memory.list(filter={"kind": {"like": "x"}})
    with pytest.raises(NamespaceNotFoundError):
        memory.recall("one", namespace="never-written-to")
    with MemoryClient(url, api_key="wrong") as stranger, pytest.raises(AccessError):
        stranger.namespaces()


def test_the_other_face_does_the_same(url: str) -> None:
    async def work() -> tuple[str, list[str]]:
        async with AsyncMemoryClient(url, api_key=KEY, namespace="async") as memory:
            outcome = await memory.remember("The launch is in June.", speaker="Ann")
            recall = await memory.recall("launch", on_none="best")
            return outcome.id, [hit.entry.id for hit in recall.hits]

    made, found = asyncio.run(work())

    assert found == [made]
