"""Entries and filters from memory, beside the database: `make bench-hydration`.

A seeded store is filled straight into the backend.  Entries drawn at random are fetched from their
records and, once the backend is closed, by query.  A filter is asked for the first time (its
column is read), with other values (the column is there), again, and again after a write; and as
SQL.  All in one process, one call after the other; what is timed of a filter is to open a reader.
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.filling import SHARES, Shape, draft_of, filled
from benchmarks.hydration_tables import hydration_tables
from benchmarks.percentiles import percentiles
from benchmarks.results import RESULTS, describe_run, write_result
from benchmarks.scale_texts import scale_texts
from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.write import OnConflict, Put, WriteRequest
from memory_service.store.connection import Database, DatabaseOptions
from memory_service.store.filter_sql import compiled
from memory_service.store.rows import entry_from
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from memory_service.model.entry import Entry
    from memory_service.model.filters import Filter
    from memory_service.model.read import Ordinals

    _Given = TypeVar("_Given")

_FETCHED = (10, 20, 100)
_SPACE = "space-0"
_DIMENSIONS = 16
_SQL_ROUNDS = 9
#: Filters that look at columns of different kinds.
_COLUMNS = {
    "kind": Compare(field=Field.KIND, operator=Operator.EXISTS, values=(True,)),
    "tags": Compare(field=Field.TAGS, operator=Operator.ANY, values=("tenth",)),
    "speaker": Compare(field=Field.SPEAKER, operator=Operator.EQ, values=("Ann",)),
    "session": Compare(field=Field.SESSION, operator=Operator.EQ, values=("s7",)),
    "id": Compare(field=Field.ID, operator=Operator.EQ, values=("e7",)),
    "turn": Compare(field=Field.TURN, operator=Operator.LT, values=(3,)),
    "event_time": Compare(
        field=Field.EVENT_TIME, operator=Operator.LT, values=(datetime(2024, 3, 1, tzinfo=UTC),)
    ),
    "metadata": Compare(field=Field.METADATA, operator=Operator.LT, values=(7,), key="part"),
}
_AS_SQL = """
SELECT seq FROM store.main.entry
WHERE
    ns = (SELECT min(ns) FROM store.main.namespace)
    AND seq NOT IN (SELECT seq FROM store.main.tombstone) AND (/* filter */)
ORDER BY seq
"""


def milliseconds(work: Callable[[_Given], object], given: _Given) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work(given)
    return 1_000 * (time.perf_counter() - start)


def spread(work: Callable[[_Given], object], givens: Iterable[_Given]) -> dict[str, float]:
    """How long it takes with one after the other."""
    return asdict(percentiles([milliseconds(work, given) for given in givens]))


class FromMemory:
    """The backend of a filled store, as recalls use it."""

    def __init__(self, backend: LocalBackend, *, entries: int, rounds: int, seed: int) -> None:
        self._backend = backend
        self._entries = entries
        self._rounds = rounds
        self._chance = np.random.default_rng(seed)
        self._written = 0

    def _open(self, filter: Filter | None) -> None:
        with self._backend.reader(_SPACE, filter=filter, now=datetime.now(UTC)):
            pass

    def fetches(self, count: int) -> tuple[dict[str, float], list[Ordinals]]:
        """Fetching so many entries at random, and which they were."""
        with self._backend.reader(_SPACE, filter=None, now=datetime.now(UTC)) as reader:
            known = reader.sample(self._entries)
            drawn = [self._chance.choice(known, count, replace=False) for _ in range(self._rounds)]
            return spread(reader.fetch, drawn), drawn

    def columns(self) -> dict[str, float]:
        """The first filter of each kind; the very first also reads which entries there are."""
        return {name: milliseconds(self._open, filter) for name, filter in _COLUMNS.items()}

    def filters(self, tag: str) -> dict[str, dict[str, float]]:
        """A filter by a tag whose column is there: new ones, one again, and after a write."""
        fresh = [_tagged(tag, f"none-{number}") for number in range(self._rounds)]
        again = [_tagged(tag)] * (self._rounds + 1)
        self._open(again[0])
        return {
            "fresh": spread(self._open, fresh),
            "again": spread(self._open, again),
            "after a write": asdict(percentiles([self._after_a_write(each) for each in again])),
        }

    def _after_a_write(self, filter: Filter) -> float:
        self._written += 1
        draft = draft_of(self._entries + self._written, f"written meanwhile {self._written}")
        put = Put(draft=draft, passages=None, on_conflict=OnConflict.REPLACE)
        self._backend.apply(
            WriteRequest(namespace=_SPACE, operations=(put,), now=datetime.now(UTC))
        )
        return milliseconds(self._open, filter)


def _tagged(*tags: str) -> Filter:
    return Compare(field=Field.TAGS, operator=Operator.ANY, values=tags)


class FromDatabase:
    """The store of the same folder, by SQL alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def fetch(self, ordinals: Ordinals) -> list[Entry]:
        """These entries."""
        rows = self._database.rows(statement("select_entries"), {"ordinals": ordinals.tolist()})
        return [entry_from(row, namespace=_SPACE, embedded=True) for row in rows]

    def filtered(self, filter: Filter) -> int:
        """How many pass."""
        condition = compiled(filter)
        sql = _AS_SQL.replace("/* filter */", condition.sql)
        return len(self._database.columns(sql, condition.parameters)["seq"])


def benchmark(folder: Path, shape: Shape, *, rounds: int) -> dict[str, Any]:
    """Measure the store in *folder*: the backend first, then the database alone."""
    backend = LocalBackend.open(folder, options=LocalOptions(), clock=lambda: datetime.now(UTC))
    with closing(backend):
        memory = FromMemory(backend, entries=shape.entries, rounds=rounds, seed=shape.seed)
        fetched = {count: memory.fetches(count) for count in _FETCHED}
        first_use = memory.columns()
        filters = {tag: memory.filters(tag) for tag in SHARES}
    store, options = folder / "store", DatabaseOptions()
    database = Database(store / "memory.duckdb", staging=store / "staging", options=options)
    with closing(database):
        rows = FromDatabase(database)
        queried = {count: spread(rows.fetch, drawn) for count, (_, drawn) in fetched.items()}
        as_sql = {tag: spread(rows.filtered, [_tagged(tag)] * _SQL_ROUNDS) for tag in SHARES}
    return {
        "fetch": {
            str(count): {"records": fetched[count][0], "query": queried[count]}
            for count in _FETCHED
        },
        "first_use": first_use,
        "filters": {tag: {**filters[tag], "as SQL": as_sql[tag]} for tag in SHARES},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one store."""
    options = _parser().parse_args(arguments)
    shape = Shape(entries=options.entries, namespaces=1, dimensions=_DIMENSIONS, seed=options.seed)
    texts = scale_texts(seed=options.seed, data=options.data)
    with filled(shape, texts, keep=options.keep) as store:
        figures = benchmark(store.folder, shape, rounds=options.rounds)
    result = {
        "benchmark": "hydration",
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "shape": asdict(shape),
        **figures,
    }
    write_result(options.results / f"hydration-{shape.entries}.json", result)
    print(json.dumps(result) if options.json else hydration_tables([result]))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-hydration", description=__doc__)
    parser.add_argument("--data", type=Path, help="sets whose texts are the first entries")
    parser.add_argument("--entries", type=int, default=100_000, help="of the one namespace")
    parser.add_argument("--rounds", type=int, default=200, help="how often each thing is done")
    parser.add_argument("--seed", type=int, default=0, help="of texts, vectors and draws")
    parser.add_argument("--keep", type=Path, help="where filled stores are kept and found again")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the result goes")
    parser.add_argument("--json", action="store_true", help="print the result, not a table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
