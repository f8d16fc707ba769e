"""What a filter means, in Python: the oracle for its SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.model.filters import And, Compare, Field, Filter, Not, Operator, Or

if TYPE_CHECKING:
    from datetime import datetime

    from memory_service.model.entry import Entry, MetadataValue


def matches(filter: Filter, entry: Entry) -> bool:
    """Whether *entry* passes.  Numbers compare as float64; a metadata value of null is missing."""
    match filter:
        case And(filters=filters):
            return all(matches(each, entry) for each in filters)
        case Or(filters=filters):
            return any(matches(each, entry) for each in filters)
        case Not(filter=inner):
            return not matches(inner, entry)
        case Compare(field=Field.TAGS):
            return _tags_match(filter, entry.draft.tags)
        case Compare():
            return _value_matches(filter, _value(filter, entry))


def _tags_match(compare: Compare, tags: tuple[str, ...]) -> bool:
    match compare.operator:
        case Operator.ANY:
            return any(value in tags for value in compare.values)
        case Operator.ALL:
            return all(value in tags for value in compare.values)
        case Operator.EXISTS:
            return bool(tags) == compare.values[0]
        case other:
            raise AssertionError(other)


def _value(compare: Compare, entry: Entry) -> MetadataValue | datetime:
    if compare.field is Field.METADATA:
        return entry.draft.metadata.get(compare.key)
    if compare.field in (Field.CREATED_AT, Field.UPDATED_AT):
        return getattr(entry, compare.field.value)  # type: ignore[no-any-return]  # by name
    return getattr(entry.draft, compare.field.value)  # type: ignore[no-any-return]  # by name


def _value_matches(compare: Compare, value: MetadataValue | datetime) -> bool:
    match compare.operator:
        case Operator.EXISTS:
            return (value is not None) == compare.values[0]
        case Operator.EQ | Operator.IN:
            return any(_equal(value, other) for other in compare.values)
        case Operator.NE:
            return not _equal(value, compare.values[0])
        case Operator.PREFIX:
            return isinstance(value, str) and _under(value, str(compare.values[0]))
        case _:
            return _ordered(compare.operator, value, compare.values[0])


def _under(scope: str, prefix: str) -> bool:
    """Whole path segments; trailing slashes of the prefix do not count."""
    stem = prefix.rstrip("/")
    return not stem or scope == stem or scope.startswith(stem + "/")


def _sort(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return type(value).__name__


def _plain(value: object) -> object:
    return float(value) if _sort(value) == "number" else value  # type: ignore[arg-type]  # number


def _equal(value: object, other: object) -> bool:
    return _sort(value) == _sort(other) and _plain(value) == _plain(other)


def _ordered(operator: Operator, value: object, other: object) -> bool:
    if _sort(value) != _sort(other) or value is None or isinstance(value, bool):
        return False
    left, right = _plain(value), _plain(other)
    less = bool(left < right)  # type: ignore[operator]  # of one sort
    match operator:
        case Operator.LT:
            return less
        case Operator.LTE:
            return less or left == right
        case Operator.GT:
            return not less and left != right
        case _:
            return not less
