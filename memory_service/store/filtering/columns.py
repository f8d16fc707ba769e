"""The kinds of columns, and what a comparison with each means."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import numpy as np

from memory_service.model.filters import Field, Operator
from memory_service.store.filtering.comparing import (
    NO_INSTANT,
    any_of,
    compared_instants,
    compared_numbers,
    number_of,
)
from memory_service.store.filtering.run import Run
from memory_service.store.payload import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from memory_service.model.entry import Entry, MetadataValue
    from memory_service.model.filters import Compare, FilterValue
    from memory_service.model.read import Flags, Scores
    from memory_service.store.filtering.words import TextColumn


class Column(Protocol):
    """One field of every row.  One thread appends; comparisons run beside it."""

    @property
    def nbytes(self) -> int:
        """Bytes held, more or less."""
        ...

    def extend(self, entries: Sequence[Entry]) -> None:
        """Append a row for each."""
        ...

    def compare(self, compare: Compare, start: int, stop: int) -> Flags:
        """Which of the rows from *start* to *stop* pass."""
        ...


def existing(present: Flags, compare: Compare) -> Flags:
    """What `exists` means, of the rows that have a value."""
    return present if compare.values[0] is True else ~present


class NameColumn:
    """A field that is a text: id, kind, scope, session, speaker or source."""

    def __init__(self, field: Field, texts: TextColumn) -> None:
        self._field = field
        self._texts = texts

    @property
    def nbytes(self) -> int:
        """Bytes held, more or less."""
        return self._texts.nbytes

    def extend(self, entries: Sequence[Entry]) -> None:
        """Append a row for each."""
        name = self._field.value
        self._texts.extend([getattr(entry.draft, name) for entry in entries])

    def compare(self, compare: Compare, start: int, stop: int) -> Flags:
        """Which of the rows from *start* to *stop* pass."""
        if compare.operator is Operator.EXISTS:
            return existing(self._texts.present(start, stop), compare)
        if compare.operator is Operator.PREFIX:
            stem = str(compare.values[0]).rstrip("/")
            if not stem:
                return self._texts.present(start, stop)
            return self._texts.below(stem, start, stop)
        return _texts_compared(self._texts, compare, start, stop)


def _texts_compared(texts: TextColumn, compare: Compare, start: int, stop: int) -> Flags:
    """One of the values that are texts at least; those of other kinds compare with nothing."""
    values = [value for value in compare.values if isinstance(value, str)]
    if compare.operator in _EQUALITIES:
        return texts.equal(values, start, stop)
    found = [texts.ordered(compare.operator, value, start, stop) for value in values]
    return any_of(found, stop - start)


_EQUALITIES = (Operator.EQ, Operator.NE, Operator.IN)


class TurnColumn:
    """The turns, as numbers; NaN for none."""

    def __init__(self, turns: npt.NDArray[np.float64]) -> None:
        self._turns = Run(turns)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._turns.nbytes

    def extend(self, entries: Sequence[Entry]) -> None:
        """Append a row for each."""
        turns = [entry.draft.turn for entry in entries]
        self._turns.extend([np.nan if turn is None else float(turn) for turn in turns])

    def compare(self, compare: Compare, start: int, stop: int) -> Flags:
        """Which of the rows from *start* to *stop* pass."""
        turns = self._turns.part(start, stop)
        if compare.operator is Operator.EXISTS:
            return existing(~np.isnan(turns), compare)
        return _numbers_compared(turns, compare)


def _numbers_compared(numbers: npt.NDArray[np.float64], compare: Compare) -> Flags:
    bounds = [bound for value in compare.values if (bound := number_of(value)) is not None]
    found = [compared_numbers(numbers, compare.operator, bound) for bound in bounds]
    return any_of(found, len(numbers))


class TimeColumn:
    """A time, as instants."""

    def __init__(self, field: Field, instants: npt.NDArray[np.int64]) -> None:
        self._field = field
        self._instants = Run(instants)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._instants.nbytes

    def extend(self, entries: Sequence[Entry]) -> None:
        """Append a row for each."""
        times = [_time(entry, self._field) for entry in entries]
        self._instants.extend([NO_INSTANT if time is None else instant(time) for time in times])

    def compare(self, compare: Compare, start: int, stop: int) -> Flags:
        """Which of the rows from *start* to *stop* pass."""
        instants = self._instants.part(start, stop)
        if compare.operator is Operator.EXISTS:
            return existing(instants != NO_INSTANT, compare)
        bounds = [instant(value) for value in compare.values if isinstance(value, datetime)]
        found = [compared_instants(instants, compare.operator, bound) for bound in bounds]
        return any_of(found, stop - start)


def _time(entry: Entry, field: Field) -> datetime | None:
    match field:
        case Field.CREATED_AT:
            return entry.created_at
        case Field.UPDATED_AT:
            return entry.updated_at
        case Field.EVENT_TIME:
            return entry.draft.event_time
        case _:
            return entry.draft.expires_at


#: What a metadata value is; 0 is none.
FALSE, TRUE, NUMBER, TEXT = 1, 2, 3, 4


class MetadataColumn:
    """What every entry has under one key of its metadata: its kind, and a number or a text."""

    def __init__(
        self,
        key: str,
        kinds: npt.NDArray[np.int8],
        numbers: npt.NDArray[np.float64],
        texts: TextColumn,
    ) -> None:
        """Begin with these; a number is NaN and a text missing unless the kind is theirs."""
        self._key = key
        self._kinds = Run(kinds)
        self._numbers = Run(numbers)
        self._texts = texts

    @property
    def nbytes(self) -> int:
        """Bytes held, more or less."""
        return self._kinds.nbytes + self._numbers.nbytes + self._texts.nbytes

    def extend(self, entries: Sequence[Entry]) -> None:
        """Append a row for each."""
        values = [entry.draft.metadata.get(self._key) for entry in entries]
        self._texts.extend([value if isinstance(value, str) else None for value in values])
        numbers = [None if value is None else number_of(value) for value in values]
        self._numbers.extend([np.nan if number is None else number for number in numbers])
        self._kinds.extend([_kind(value) for value in values])

    def numbers(self, rows: npt.NDArray[np.intp]) -> Scores:
        """The numbers of these rows; NaN for those without one."""
        return self._numbers.part(0, len(self._numbers))[rows]

    def compare(self, compare: Compare, start: int, stop: int) -> Flags:
        """Which of the rows from *start* to *stop* pass."""
        kinds = self._kinds.part(start, stop)
        if compare.operator is Operator.EXISTS:
            return existing(kinds != 0, compare)
        truths = [value for value in compare.values if isinstance(value, bool)]
        equal = compare.operator in _EQUALITIES
        found = [kinds == (TRUE if value else FALSE) for value in truths if equal]
        if any(isinstance(value, str) for value in compare.values):
            found.append(_texts_compared(self._texts, compare, start, stop))
        if any(number_of(value) is not None for value in compare.values):
            found.append(_numbers_compared(self._numbers.part(start, stop), compare))
        return any_of(found, stop - start)


def _kind(value: MetadataValue | FilterValue) -> int:
    match value:
        case None:
            return 0
        case bool():
            return TRUE if value else FALSE
        case str():
            return TEXT
        case _:
            return NUMBER
