"""Reads what a caller's boosts need of the candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.entry import FIRST_DAY
from memory_service.retrieval import boosts as forms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from memory_service.model.read import Ordinals, Scores, Surroundings
    from memory_service.model.recall import Boosts
    from memory_service.protocols import Reader

_SECONDS_OF_DAY = 86_400.0


def boost_values(
    reader: Reader, ordinals: Ordinals, surroundings: Surroundings, boosts: Boosts, now: datetime
) -> Scores:
    """How far each candidate is raised, as one boost of weight 1, in [0, 1].

    An entry's age counts from the day of its event where that is known, in whole days of the
    calendars of event and *now*; else from when it was written.  Metadata are read only where a
    weight is above 0.  Zeros without a weight.

    Args:
        reader: Where the numbers are read.
        ordinals: The candidates, distinct.
        surroundings: Of the same, in the same order.
        boosts: Weights in [0, 1].
        now: The caller's present, aware.
    """
    parts = _parts(reader, ordinals, surroundings, boosts, now)
    return forms.compounded(len(ordinals), parts)


def _parts(
    reader: Reader, ordinals: Ordinals, surroundings: Surroundings, boosts: Boosts, now: datetime
) -> Iterator[tuple[Scores, float]]:
    if boosts.recency > 0.0:
        yield forms.recency(_ages(surroundings, now), boosts.half_life_days), boosts.recency
    counted = {
        "importance": (forms.importance, boosts.importance),
        "frequency": (forms.frequency, boosts.frequency),
    }
    wanted = [name for name, (_, weight) in counted.items() if weight > 0.0]
    if wanted:
        numbers = reader.numbers(ordinals, wanted)
        for column, name in enumerate(wanted):
            form, weight = counted[name]
            yield form(numbers[:, column]), weight


def _ages(surroundings: Surroundings, now: datetime) -> Scores:
    """In days; NaN where neither event nor writing is known."""
    today = float(now.date().toordinal() - FIRST_DAY)
    since_event = today - surroundings.days
    since_written = (now.timestamp() - surroundings.written) / _SECONDS_OF_DAY
    return np.where(np.isnan(since_event), since_written, since_event)
