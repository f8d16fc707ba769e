"""What lies around entries, read from the columns of a namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from memory_service.model.read import Surroundings
from memory_service.store.catalogue.row import NONE

if TYPE_CHECKING:
    import numpy.typing as npt

    from memory_service.model.read import Ordinals
    from memory_service.model.selection import Selection
    from memory_service.store.catalogue.columns import Columns
    from memory_service.store.catalogue.names_since import NamesSince
    from memory_service.store.catalogue.row import RowNumbers

    Direction = Literal["before", "after"]
    Steps = npt.NDArray[np.int64]


def surroundings_of(
    columns: Columns, ordinals: Ordinals, *, now: int, allowed: Selection | None
) -> Surroundings:
    """What is known of these; neighbours that are not in *allowed* are not shown."""
    found = columns.find(ordinals, now)
    rows = columns.rows_at(found)
    speakers, names = _by_appearance(rows["speaker"], columns.speakers)
    return Surroundings(
        before=_steps(columns, found, "before", 1, now=now, allowed=allowed)[:, 0],
        after=_steps(columns, found, "after", 1, now=now, allowed=allowed)[:, 0],
        sessions=rows["session"].astype(np.int64),
        speakers=speakers,
        speaker_names=names,
        lengths=rows["length"].astype(np.int64),
        asks=rows["asks"].copy(),
        days=rows["day"].astype(np.float64),
        written=rows["written"].copy(),
    )


def beside(
    columns: Columns, ordinals: Ordinals, *, now: int, allowed: Selection | None
) -> Ordinals:
    """The ordinals one step before and after these, as far as there are any."""
    found = columns.find(ordinals, now)
    before = _steps(columns, found, "before", 1, now=now, allowed=allowed)
    after = _steps(columns, found, "after", 1, now=now, allowed=allowed)
    steps = np.concatenate([before[:, 0], after[:, 0]])
    there: Ordinals = steps[steps != NONE]
    return there


def around(
    columns: Columns,
    ordinals: Ordinals,
    *,
    before: int,
    after: int,
    now: int,
    allowed: Selection | None,
) -> list[Ordinals]:
    """For each, the ordinals so many steps before and after it, in order, itself left out.

    A side ends before one that is not in *allowed*.
    """
    found = columns.find(ordinals, now)
    steps = np.hstack(
        [
            _steps(columns, found, "before", before, now=now, allowed=allowed)[:, ::-1],
            _steps(columns, found, "after", after, now=now, allowed=allowed),
        ]
    )
    there = steps != NONE
    flat, ends = steps[there], np.cumsum(there.sum(axis=1)).tolist()
    return [flat[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _steps(
    columns: Columns,
    rows: RowNumbers,
    direction: Direction,
    reach: int,
    *,
    now: int,
    allowed: Selection | None,
) -> Steps:
    """Ordinals by row and step; -1 from where a side ends."""
    steps = np.full((len(rows), reach), NONE, np.int64)
    for step in range(reach):
        rows = _next(columns, rows, direction, now)
        ordinals = columns.ordinals_at(rows)
        if allowed is not None:
            rows = np.where(allowed.contains(ordinals), rows, NONE)
            ordinals = np.where(rows == NONE, NONE, ordinals)
        if (rows == NONE).all():
            break
        steps[:, step] = ordinals
    return steps


def _next(columns: Columns, rows: RowNumbers, direction: Direction, now: int) -> RowNumbers:
    """The nearest row on that side that may be seen, or -1."""
    beside = columns.values(direction, rows).astype(np.int64)
    unseen = (beside != NONE) & (columns.values("expires", beside) <= now)
    for place in np.flatnonzero(unseen).tolist():
        row = beside.item(place)
        while row != NONE and columns.value("expires", row) <= now:
            row = columns.value(direction, row)
        beside[place] = row
    return beside


def _by_appearance(
    numbers: npt.NDArray[np.int32], names: NamesSince
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Numbers counted in order of first appearance, and the names in that order; -1 stays."""
    distinct, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    known = distinct != NONE
    order = np.argsort(first[known])
    renumbered = np.full(len(distinct), NONE, np.int64)
    renumbered[np.flatnonzero(known)[order]] = np.arange(len(order))
    return renumbered[inverse], tuple(
        names.name_of(number) for number in distinct[known][order].tolist()
    )
