"""Recall over HTTP."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from memory_service.api.recall_answers import why
from memory_service.model.recall import Hit, LegScores
from tests.support.builders import an_entry
from tests.support.clock import ManualClock
from tests.support.daemon_app import ENTRIES, RECALL, a_service, an_engine, serving

if TYPE_CHECKING:
    from starlette.testclient import TestClient

TEXTS = {
    "launch": "We moved the launch to the second of June.",
    "tea": "Bob drinks green tea in the morning.",
    "cat": "The cat sleeps on the red sofa.",
}


@pytest.fixture(autouse=True)
def _entries(client: TestClient) -> None:
    entries = [{"id": name, "text": text, "kind": name} for name, text in TEXTS.items()]
    client.post(ENTRIES, json={"entries": entries})


def test_a_hit_says_what_it_is_and_why(client: TestClient) -> None:
    response = client.post(RECALL, json={"query": "when is the launch?"})

    answer = response.json()
    hit = answer["hits"][0]
    assert hit["entry"]["id"] == "launch"
    assert hit["words"] == ["launch"]
    assert "holds “launch”" in hit["why"]
    assert 0.0 <= hit["score"] <= 1.0
    assert answer["model"] == "hashing"
    assert answer["served_by"] == "node"
    assert response.headers["Memory-Position"] == answer["position"]


def test_many_queries_are_answered_as_each_alone(client: TestClient) -> None:
    queries = ["when is the launch?", "green tea", "sofa"]

    together = client.post(RECALL, json={"queries": queries}).json()["answers"]

    alone = [client.post(RECALL, json={"query": query}).json() for query in queries]
    assert [one["query"] for one in together] == queries
    assert [[hit["entry"]["id"] for hit in one["hits"]] for one in together] == [
        [hit["entry"]["id"] for hit in one["hits"]] for one in alone
    ]


def test_timings_are_given_when_asked_for(client: TestClient) -> None:
    asked = client.post(RECALL, json={"query": "tea", "timings": True}).json()
    not_asked = client.post(RECALL, json={"query": "tea"}).json()

    assert "embed" in asked["timings_ms"]
    assert not_asked["timings_ms"] == {}


def test_options_reach_the_engine(client: TestClient) -> None:
    body = {"query": "the launch, tea, and a cat on the sofa", "cut": "off", "on_none": "best"}

    two = client.post(RECALL, json={**body, "limit": 2}).json()
    filtered = client.post(RECALL, json={**body, "filter": {"kind": "cat"}}).json()

    assert len(two["hits"]) == 2
    assert [hit["entry"]["id"] for hit in filtered["hits"]] == ["cat"]


def test_a_namespace_never_written_to_is_404(client: TestClient) -> None:
    answer = client.post("/v1/namespaces/nowhere/recall", json={"query": "tea"})

    assert (answer.status_code, answer.json()["code"]) == (404, "namespace_not_found")


def test_time_spent_waiting_counts_against_the_deadline() -> None:
    seconds = itertools.count()
    engine = an_engine(ManualClock())

    with serving(a_service(engine, monotonic=lambda: float(next(seconds)))) as client:
        client.post(ENTRIES, json={"text": "words"})
        late = client.post(RECALL, json={"query": "words"}, headers={"Memory-Deadline-Ms": "1"})
    engine.close()

    assert (late.status_code, late.json()["code"]) == (504, "deadline_exceeded")
    assert late.json()["retryable"] is True


@pytest.mark.parametrize(
    ("cosine", "dense", "words", "expected"),
    [
        (0.62, 0.6, ("launch", "june"), "close in meaning (0.62); holds “launch”, “june”"),
        (0.4, 0.3, (), "related in meaning (0.40)"),
        (0.1, 0.0, ("tea",), "little likeness in meaning (0.10); holds “tea”"),
        (None, None, ("tea",), "holds “tea”"),
        (None, None, (), "among the latest entries"),
    ],
)
def test_why_says_which_legs_found_it(
    cosine: float | None, dense: float | None, words: tuple[str, ...], expected: str
) -> None:
    legs = LegScores(cosine=cosine, bm25=None, dense=dense, lexical=None, fused=1.0)

    assert why(Hit(rank=1, entry=an_entry(), score=0.5, legs=legs, words=words)) == expected
