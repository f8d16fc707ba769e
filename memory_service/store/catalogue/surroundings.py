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
    return _told(columns, ordinals, columns.find(ordinals, now), now=now, allowed=allowed)


def with_neighbours(
    columns: Columns, ordinals: Ordinals, *, now: int, allowed: Selection | None
) -> Surroundings:
    """The same of these, as far as they are alive, and of what is one step away, all rising."""
    found = columns.find(ordinals, now)
    found = found[found != NONE]
    values = columns.rows_at(found)
    before = _seen(columns, values["before"], "before", now=now, allowed=allowed)
    after = _seen(columns, values["after"], "after", now=now, allowed=allowed)
    rows = np.unique(np.concatenate([found, before, after]))
    rows = rows[rows.searchsorted(0) :]
    return _told(columns, columns.ordinals_at(rows), rows, now=now, allowed=allowed)


def _told(
    columns: Columns, ordinals: Ordinals, rows: RowNumbers, *, now: int, allowed: Selection | None
) -> Surroundings:
    """What is known of *ordinals*, which have these *rows*."""
    values = columns.rows_at(rows)
    before = _seen(columns, values["before"], "before", now=now, allowed=allowed)
    after = _seen(columns, values["after"], "after", now=now, allowed=allowed)
    speakers, names = _by_appearance(values["speaker"], columns.speakers)
    return Surroundings(
        ordinals=ordinals,
        before=columns.ordinals_at(before),
        after=columns.ordinals_at(after),
        sessions=values["session"].astype(np.int64),
        speakers=speakers,
        speaker_names=names,
        lengths=values["length"].astype(np.int64),
        asks=values["asks"].copy(),
        days=values["day"].astype(np.float64),
        written=values["written"].copy(),
    )


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
        beside = columns.values(direction, rows)
        rows = _seen(columns, beside, direction, now=now, allowed=allowed)
        if (rows == NONE).all():
            break
        steps[:, step] = columns.ordinals_at(rows)
    return steps


def _seen(
    columns: Columns,
    beside: npt.NDArray[np.int32],
    direction: Direction,
    *,
    now: int,
    allowed: Selection | None,
) -> RowNumbers:
    """These rows, each that may not be seen replaced by the next on its side, or -1.

    What is not in *allowed* is not passed by: it gives -1.
    """
    rows = beside.astype(np.int64)
    unseen = (rows != NONE) & (columns.values("expires", rows) <= now)
    for place in np.flatnonzero(unseen).tolist():
        row = rows.item(place)
        while row != NONE and columns.value("expires", row) <= now:
            row = columns.value(direction, row)
        rows[place] = row
    if allowed is not None:
        rows[~allowed.contains(columns.ordinals_at(rows))] = NONE
    return rows


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
