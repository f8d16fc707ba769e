"""The columns of one namespace and the filters that were asked of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.filters import Field
from memory_service.model.selection import Selection
from memory_service.store.filtering.columns import MetadataColumn
from memory_service.store.filtering.evaluating import (
    ColumnName,
    column_of,
    comparisons,
    evaluated,
    kinds_of_values,
)
from memory_service.store.filtering.loading import load_column, load_ordinals
from memory_service.store.filtering.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from memory_service.model.entry import Entry
    from memory_service.model.filters import Filter
    from memory_service.model.read import Ordinals, Scores
    from memory_service.store.connection import Database
    from memory_service.store.filtering.columns import Column

#: A namespace is read anew once more than this share of its rows is dead, and so many.
_MOST_DEAD = 0.25
_FEW_DEAD = 1024
#: What a namespace takes even when it is empty, more or less.
_LEAST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter as it is found again: Python holds some for equal that are not."""

    filter: Filter
    kinds: tuple[type, ...]

    @classmethod
    def of(cls, filter: Filter) -> Asked:
        """What stands for this filter."""
        return cls(filter, kinds_of_values(filter))


#: What a namespace holds that can be let go.
Held = ColumnName | Asked


class _Answer:
    """A filter's flags, for the rows there were when it was last asked."""

    def __init__(self, filter: Filter) -> None:
        self._filter = filter
        self._flags = Run(np.empty(0, np.bool_))
        self._selection = Selection.of(np.empty(0, np.int64))

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._flags.nbytes

    def upto(
        self, count: int, ordinals: Run[np.int64], columns: Mapping[ColumnName, Column]
    ) -> Selection:
        """What passes of the first *count* rows; only those that are new are looked at."""
        before = len(self._flags)
        if count > before:
            self._flags.extend(evaluated(self._filter, columns, before, count))
            self._selection = self._selection.grown(
                ordinals.part(0, count), self._flags.part(0, count)
            )
        return self._selection


class FilteredNamespace:
    """One namespace.  `append` and `bury` are for the thread that writes.

    A row is in every column before the ordinals tell of it.
    """

    def __init__(self, database: Database, number: int) -> None:
        self._database = database
        self._number = number
        self._ordinals: Run[np.int64] | None = None
        self._columns: dict[ColumnName, Column] = {}
        self._answers: dict[Asked, _Answer] = {}
        #: What was used, the oldest first.
        self._used: dict[Held, None] = {}
        self._dead = 0
        #: Entries that came while the ordinals (`None`) or a column were being read.
        self._meanwhile: dict[ColumnName | None, list[Entry]] = {None: []}
        self._writing = threading.Lock()
        self._loading = threading.Lock()
        self._asking = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes held, more or less."""
        rows = self._ordinals.nbytes if self._ordinals is not None else 0
        columns = sum(each.nbytes for each in self._columns.copy().values())
        answers = sum(each.nbytes for each in self._answers.copy().values())
        return _LEAST_BYTES + rows + columns + answers

    def append(self, entries: Sequence[Entry]) -> None:
        """Take in entries that were committed, in their order."""
        with self._writing:
            for waiting in self._meanwhile.values():
                waiting.extend(entries)
            if self._ordinals is not None:
                for column in self._columns.values():
                    column.extend(entries)
                self._ordinals.extend([entry.ordinal for entry in entries])

    def bury(self, dead: int) -> bool:
        """So many more have died; whether it is time to read the namespace anew."""
        self._dead += dead
        rows = 0 if self._ordinals is None else len(self._ordinals)
        return self._dead > max(_FEW_DEAD, rows * _MOST_DEAD)

    def select(self, filter: Filter) -> Selection:
        """What passes; entries that have died since they were read may be among it.

        Raises:
            StorageError: If what it looks at cannot be read.
        """
        ordinals = self._known()
        count = len(ordinals)
        names = {column_of(compare) for compare in comparisons(filter)}
        columns = {name: self._column(name) for name in names}
        asked = Asked.of(filter)
        with self._asking:
            self._touch([*names, asked])
            answer = self._answers.get(asked)
            if answer is None:
                answer = self._answers[asked] = _Answer(filter)
            return answer.upto(count, ordinals, columns)

    def numbers(self, wanted: Ordinals, keys: Sequence[str]) -> Scores:
        """The numbers these have in their metadata, by row and key; NaN where there is none.

        Raises:
            StorageError: If they cannot be read.
        """
        ordinals = self._known()
        known = ordinals.part(0, len(ordinals))
        found = np.full((len(wanted), len(keys)), np.nan)
        if not len(known):
            return found
        rows = np.searchsorted(known, wanted).clip(max=len(known) - 1)
        there = known[rows] == wanted
        for place, key in enumerate(keys):
            name = ColumnName(field=Field.METADATA, key=key)
            column = self._column(name)
            with self._asking:
                self._touch([name])
            if isinstance(column, MetadataColumn):
                found[there, place] = column.numbers(rows[there])
        return found

    def _touch(self, used: Iterable[Held]) -> None:
        for each in used:
            self._used.pop(each, None)
            self._used[each] = None

    def shrink(self, most: int, keep: int) -> None:
        """Let go of what was used longest ago, down to so many bytes; *keep* things stay."""
        with self._asking:
            for oldest in list(self._used)[: max(len(self._used) - keep, 0)]:
                if self.nbytes <= most:
                    return
                self._let_go(oldest)

    def _let_go(self, held: Held) -> None:
        del self._used[held]
        if isinstance(held, Asked):
            self._answers.pop(held, None)
            return
        with self._writing:
            self._columns = {name: each for name, each in self._columns.items() if name != held}

    def _known(self) -> Run[np.int64]:
        """The ordinals by row."""
        if self._ordinals is None:
            with self._loading:
                if self._ordinals is None:
                    self._load_ordinals()
        return self._ordinals  # type: ignore[return-value]  # loaded

    def _load_ordinals(self) -> None:
        loaded = load_ordinals(self._database, self._number)
        last = loaded[-1] if len(loaded) else 0
        with self._writing:
            ordinals = Run(loaded)
            waiting = [entry.ordinal for entry in self._meanwhile.pop(None)]
            ordinals.extend([ordinal for ordinal in waiting if ordinal > last])
            self._ordinals = ordinals

    def _column(self, name: ColumnName) -> Column:
        """A column with all rows there were when this was called."""
        column = self._columns.get(name)
        if column is None:
            with self._loading:
                column = self._columns.get(name) or self._loaded(name)
        return column

    def _loaded(self, name: ColumnName) -> Column:
        ordinals = self._known()
        with self._writing:
            known = ordinals.part(0, len(ordinals))
            self._meanwhile[name] = []
        try:
            column = load_column(self._database, self._number, name, known)
        except BaseException:
            with self._writing:
                del self._meanwhile[name]
            raise
        with self._writing:
            column.extend(self._meanwhile.pop(name))
            self._columns = {**self._columns, name: column}
        return column
