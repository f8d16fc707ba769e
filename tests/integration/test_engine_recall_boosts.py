"""Recall: what a caller's boosts do to the order, and what they leave alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from memory_service.model.recall import Boosts, CutMode, OnNone
from tests.support.builders import a_draft
from tests.support.engines import a_bench
from tests.support.stars import hit_ids

if TYPE_CHECKING:
    from memory_service.model.recall import QueryAnswer
    from tests.support.engines import Bench

MAY = datetime(2024, 5, 20, tzinfo=UTC)


def comets() -> Bench:
    """One entry that answers best, then equals, and one that is hardly found."""
    bench = a_bench()
    late, more = MAY + timedelta(days=60), {"importance": 1.0}
    bench.remember(
        a_draft("best", "the comet and the sun", event_time=MAY),
        a_draft("b-plain", "a comet", event_time=MAY),
        a_draft("c-late", "a comet", event_time=late),
        a_draft("d-important", "a comet", event_time=MAY, metadata=more),
        a_draft("e-used", "a comet", event_time=MAY, metadata={"frequency": 5}),
        a_draft("far", "tea in the morning", event_time=MAY),
    )
    return bench


def ask(boosts: Boosts, now: datetime = MAY + timedelta(days=60)) -> QueryAnswer:
    options: dict[str, Any] = {"cut": CutMode.OFF, "on_none": OnNone.BEST, "collapse": False}
    return comets().ask("comet sun", boosts=boosts, now=now, **options)


def values(answer: QueryAnswer) -> dict[str, float]:
    """What each entry was ordered by."""
    return {hit.entry.id: hit.legs.fused for hit in answer.hits}


@pytest.mark.parametrize(
    ("boosts", "raised"),
    [
        (Boosts(importance=0.5), {"d-important"}),
        (Boosts(frequency=0.5), {"e-used"}),
        (Boosts(importance=0.4, frequency=0.5), {"d-important", "e-used"}),
        (Boosts(recency=0.3, half_life_days=1.0), {"c-late"}),
    ],
)
def test_what_fits_rises_above_its_equals_and_all_else_keeps_its_value(
    boosts: Boosts, raised: set[str]
) -> None:
    plain, boosted = ask(Boosts()), ask(boosts)

    gains = {id: value - values(plain)[id] for id, value in values(boosted).items()}
    assert {id for id, gain in gains.items() if gain > 1e-6} == raised
    assert all(
        gain == pytest.approx(0.0, abs=1e-6) for id, gain in gains.items() if id not in raised
    )
    equals = [id for id in hit_ids(boosted) if "-" in id]
    assert set(equals[: len(raised)]) == raised


def test_age_counts_from_the_callers_present_and_the_future_is_now() -> None:
    recency = Boosts(recency=0.5, half_life_days=1.0)

    plain, later, earlier = (
        values(ask(Boosts())),
        values(ask(recency)),
        values(ask(recency, now=MAY)),
    )

    assert later["b-plain"] == pytest.approx(plain["b-plain"])
    assert earlier["b-plain"] > plain["b-plain"]
    assert earlier["c-late"] == pytest.approx(later["c-late"])
    assert later["c-late"] > plain["c-late"]


@pytest.mark.parametrize("query", ["comet sun", "blorptak zindle vomber"])
def test_boosts_are_no_evidence(query: str) -> None:
    bench = comets()

    plain = bench.ask(query)
    boosted = bench.ask(query, boosts=Boosts(importance=1.0, frequency=1.0))

    assert plain.evidence == boosted.evidence


def test_without_boosts_nothing_is_said_of_them() -> None:
    assert all("boosts" not in hit.why for hit in ask(Boosts()).hits)
