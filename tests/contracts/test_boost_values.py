"""What boosts are worth, over every reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from memory_service.engine.boosting import boost_values
from memory_service.model.recall import Boosts
from tests.support.builders import a_put, a_write
from tests.support.clock import START

if TYPE_CHECKING:
    from memory_service.protocols import Backend

NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)
FIELDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dated": {"event_time": datetime(2024, 6, 20, 23, tzinfo=timezone(timedelta(hours=5)))},
    "marked": {"metadata": {"importance": 0.5, "frequency": 15}},
    "wrongly": {"metadata": {"importance": "high", "frequency": True}},
    "coming": {"event_time": datetime(2024, 7, 20, tzinfo=UTC)},
}


def values(backend: Backend, boosts: Boosts, now: datetime = NOW) -> dict[str, float]:
    """What each entry is raised by."""
    puts = [a_put(id, f"text of {id}", **fields) for id, fields in FIELDS.items()]
    backend.apply(a_write(*puts, now=NOW - timedelta(days=20)))
    with backend.reader("ns", filter=None, now=START) as reader:
        ordinals = reader.recent(10)
        found = boost_values(reader, ordinals, reader.surroundings(ordinals), boosts, now)
        return dict(zip(reader.ids(ordinals), found.tolist(), strict=True))


def test_without_a_weight_nothing_is_raised(backend: Backend) -> None:
    assert set(values(backend, Boosts()).values()) == {0.0}


def test_age_counts_from_the_event_or_else_from_the_writing(backend: Backend) -> None:
    found = values(backend, Boosts(recency=0.5, half_life_days=10.0))

    expected = {"plain": 0.125, "dated": 0.25, "marked": 0.125, "wrongly": 0.125, "coming": 0.5}
    assert found == pytest.approx(expected)


def test_the_callers_present_is_a_day_of_its_own_calendar(backend: Backend) -> None:
    """The 30th at noon in UTC is the 1st of July somewhere else: eleven days, not ten."""
    elsewhere = NOW.astimezone(timezone(timedelta(hours=13)))

    found = values(backend, Boosts(recency=1.0, half_life_days=11.0), elsewhere)

    assert found["dated"] == pytest.approx(0.5)


def test_numbers_of_the_metadata_count_and_nothing_else_does(backend: Backend) -> None:
    important = values(backend, Boosts(importance=0.5))
    frequent = values(backend, Boosts(frequency=0.8))

    assert important == pytest.approx(dict.fromkeys(FIELDS, 0.0) | {"marked": 0.25})
    assert frequent == pytest.approx(dict.fromkeys(FIELDS, 0.0) | {"marked": 0.6})


def test_boosts_compound(backend: Backend) -> None:
    boosts = Boosts(recency=0.5, importance=0.5, frequency=0.8, half_life_days=10.0)

    found = values(backend, boosts)["marked"]

    assert found == pytest.approx(1.0 - (1.0 - 0.125) * (1.0 - 0.25) * (1.0 - 0.6))


def test_what_is_gone_is_not_raised(backend: Backend) -> None:
    backend.apply(a_write(a_put("a")))
    everything = replace(Boosts(), recency=1.0, importance=1.0, frequency=1.0)
    with backend.reader("ns", filter=None, now=START) as reader:
        ordinals = np.array([999], dtype=np.int64)

        found = boost_values(reader, ordinals, reader.surroundings(ordinals), everything, NOW)

    assert found.tolist() == [0.0]
