"""What a filter means, over columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.filters import And, Compare, Field, Filter, Not, Operator, Or

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from memory_service.model.read import Flags
    from memory_service.store.filtering.columns import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnName:
    """Which column: a field, and for metadata a key."""

    field: Field
    key: str = ""


def column_of(compare: Compare) -> ColumnName:
    """The column that a comparison looks at."""
    return ColumnName(
        field=compare.field, key=compare.key if compare.field is Field.METADATA else ""
    )


def comparisons(filter: Filter) -> Iterator[Compare]:
    """Every comparison in a filter."""
    match filter:
        case And(filters=filters) | Or(filters=filters):
            for each in filters:
                yield from comparisons(each)
        case Not(filter=inner):
            yield from comparisons(inner)
        case Compare():
            yield filter


def kinds_of_values(filter: Filter) -> tuple[type, ...]:
    """What keeps filters apart that Python holds for equal: 1, 1.0 and true."""
    return tuple(type(value) for compare in comparisons(filter) for value in compare.values)


def evaluated(filter: Filter, columns: Mapping[ColumnName, Column], start: int, stop: int) -> Flags:
    """Which of the rows from *start* to *stop* pass; a comparison that cannot be made is false."""
    match filter:
        case And(filters=filters):
            passing = np.ones(stop - start, np.bool_)
            for each in filters:
                passing = passing & evaluated(each, columns, start, stop)
            return passing
        case Or(filters=filters):
            passing = np.zeros(stop - start, np.bool_)
            for each in filters:
                passing = passing | evaluated(each, columns, start, stop)
            return passing
        case Not(filter=inner):
            return ~evaluated(inner, columns, start, stop)
        case Compare():
            found = columns[column_of(filter)].compare(filter, start, stop)
            return ~found if filter.operator is Operator.NE else found
