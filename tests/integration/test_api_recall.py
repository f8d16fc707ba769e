"""Recall over HTTP."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

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


def test_a_hit_comes_with_its_context_and_what_was_folded_into_it(client: TestClient) -> None:
    texts = ["Shall we move it?", "To the harbour festival.", "Yes.", "to the HARBOUR festival"]
    turns = [
        {"id": f"s/{turn}", "text": text, "session": "s", "turn": turn, "speaker": "Ann"}
        for turn, text in enumerate(texts)
    ]
    turns[0]["event_time"] = "2024-05-20T09:30:00+02:00"
    client.post(ENTRIES, json={"entries": turns})
    body = {"query": "harbour festival", "limit": 1, "cut": "off", "context": 3}

    folded = client.post(RECALL, json=body).json()["hits"][0]
    apart = client.post(RECALL, json={**body, "collapse": False, "limit": 2}).json()["hits"]

    assert (folded["entry"]["id"], folded["duplicates"]) == ("s/3", ["s/1"])
    assert [(turn["id"], turn["steps"]) for turn in folded["context"]] == [("s/0", -3), ("s/2", -1)]
    assert folded["context"][0] == {
        "id": "s/0", "text": "Shall we move it?", "speaker": "Ann", "session": "s", "turn": 0,
        "event_time": "2024-05-20T09:30:00+02:00", "steps": -3,
    }  # fmt: skip
    assert [hit["duplicates"] for hit in apart] == [[], []]


@pytest.mark.parametrize(
    ("options", "code", "pointer"),
    [
        ({"context": -1}, "invalid_limit", "/context"),
        ({"context": 6}, "invalid_limit", "/context"),
        ({"context": 1.5}, "invalid_input", "/context"),
        ({"context": True}, "invalid_input", "/context"),
        ({"collapse": 1}, "invalid_input", "/collapse"),
        ({"collapse": None}, "invalid_input", "/collapse"),
        ({"now": "yesterday"}, "invalid_input", "/now"),
        ({"now": 1716190000}, "invalid_input", "/now"),
        ({"now": "9999-12-31T23:00:00-05:00"}, "invalid_input", "/now"),
        ({"boosts": 0.5}, "invalid_input", "/boosts"),
        ({"boosts": {"recency": 1.1}}, "invalid_limit", "/boosts/recency"),
        ({"boosts": {"importance": -0.1}}, "invalid_limit", "/boosts/importance"),
        ({"boosts": {"frequency": "0.5"}}, "invalid_input", "/boosts/frequency"),
        ({"boosts": {"half_life_days": 0}}, "invalid_limit", "/boosts/half_life_days"),
        ({"boosts": {"half_life_days": 36501}}, "invalid_limit", "/boosts/half_life_days"),
        ({"boosts": {"fame": 0.5}}, "invalid_input", "/boosts/fame"),
    ],
)
def test_an_option_out_of_its_range_is_refused_by_name(
    client: TestClient, options: dict[str, Any], code: str, pointer: str
) -> None:
    answer = client.post(RECALL, json={"query": "tea", **options})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code)
    assert [part["pointer"] for part in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    "options",
    [
        {"now": None, "boosts": None},
        {"now": "2024-05-20", "context": 5, "boosts": {}},
        {"now": "2024-05-20T09:30:00+02:00", "collapse": True},
        {"boosts": {"recency": 1, "importance": 0, "frequency": 0.5, "half_life_days": 0.01}},
    ],
)
def test_options_within_their_range_are_taken(client: TestClient, options: dict[str, Any]) -> None:
    assert client.post(RECALL, json={"query": "tea", **options}).status_code == 200


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


def test_why_says_what_moved_it_beside_the_legs_most_first() -> None:
    legs = LegScores(cosine=None, bm25=2.0, dense=None, lexical=0.4, fused=2.0)
    parts = {"lexical": 1.5, "speaker": 0.09, "conversation": 0.2, "time": -0.25}
    hit = Hit(rank=1, entry=an_entry(), score=0.5, legs=legs, words=("tea",), why=parts)

    assert why(hit) == "holds “tea”; moved by time -0.25, conversation +0.20"
