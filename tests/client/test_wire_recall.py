"""A recall on the wire: what is asked, and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime

from agent_client import Boosts, Recall, RecallBatch
from tests.client.support import HIT, QUERY_ANSWER, RECALL, SHARED, Daemon, answer, client


def test_one_query_gives_a_recall_and_several_a_batch() -> None:
    one = client(Daemon([answer(200, RECALL)])).recall("when?", limit=3, min_score=None)
    many = Daemon([answer(200, {"answers": [QUERY_ANSWER, QUERY_ANSWER], **SHARED})])

    batch = client(many).recall(["when?", "who?"])

    assert isinstance(one, Recall)
    assert isinstance(batch, RecallBatch)
    assert batch.answers == (one, one)
    assert many.bodies == [{"queries": ["when?", "who?"]}]
    assert one.hits[0].entry.event_time == datetime.fromisoformat("2024-05-20T09:30:00+02:00")
    assert one.hits[0].span is not None
    assert (one.evidence, one.model, one.cut.below) == ("strong", "all-MiniLM-L6-v2", 56)


def test_every_option_of_a_recall_is_sent_as_it_is_named() -> None:
    daemon = Daemon([answer(200, RECALL)])
    now = datetime(2024, 5, 20, tzinfo=UTC)
    boosts: Boosts = {"recency": 0.2, "half_life_days": 7.0}

    client(daemon).recall("when?", now=now, context=2, collapse=False, boosts=boosts)
    client(daemon).recall("when?", now=None, boosts=None)

    sent = {"now": "2024-05-20T00:00:00+00:00", "context": 2, "collapse": False, "boosts": boosts}
    assert daemon.bodies == [{"query": "when?", **sent}, {"query": "when?"}]


def test_a_hit_has_its_context_its_duplicates_and_what_moved_it() -> None:
    hit = client(Daemon([answer(200, RECALL)])).recall("when?").hits[0]

    assert [(turn.id, turn.steps, turn.speaker) for turn in hit.context] == [("trip-0", -1, "Bob")]
    assert hit.context[0].event_time == datetime.fromisoformat("2024-05-20T09:29:00+02:00")
    assert (hit.duplicates, hit.moved_by) == (("trip-00",), {"time": 0.2})


def test_an_older_services_hit_has_neither_context_nor_duplicates() -> None:
    new = ("moved_by", "context", "duplicates")
    old = {name: value for name, value in HIT.items() if name not in new}

    hit = client(Daemon([answer(200, {**RECALL, "hits": [old]})])).recall("when?").hits[0]

    assert (hit.context, hit.duplicates, hit.moved_by) == ((), (), {})


def test_a_field_from_the_future_is_ignored_and_a_whole_number_is_a_float() -> None:
    body = {**RECALL, "probability": 1, "mood": "good"}

    assert client(Daemon([answer(200, body)])).recall("when?").probability == 1.0
