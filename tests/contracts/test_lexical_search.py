"""What every lexical search promises: the index that serves, and the rows in SQL."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory_service.index.lexical.files import Files
from memory_service.index.lexical.index import LexicalIndex
from memory_service.index.lexical.manifest import Origin
from memory_service.index.lexical.search import SearchLimits
from memory_service.store.connection import Database, DatabaseOptions
from memory_service.store.lexical import SqlSearch
from memory_service.store.schema import TextVersions, prepare
from memory_service.store.statements import statement
from tests.support.clock import START
from tests.support.postings import (
    QUERIES,
    Written,
    assert_best,
    assert_matches,
    held_by,
    looking,
    postings_of,
    scoring_of,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from memory_service.model.bm25 import Matches, Scoring, Sight
    from memory_service.model.postings import Keys
    from memory_service.model.read import Ordinals, Scores

    Finder = Callable[[Keys, Scores, Scoring], "LexicalSearch"]


class LexicalSearch(Protocol):
    """What answers one query."""

    entries: list[int]

    def best(self, k: int, sight: Sight) -> Matches: ...

    def score(self, ordinals: Ordinals) -> Matches: ...


#: So that each way of answering is taken: all fetched; looked up whenever that is allowed; fetched
#: one after the other.
LIMITS = {
    "fetched": SearchLimits(few=0),
    "looked up": SearchLimits(fetched=1, looked_up=0, few=0),
    "one by one": SearchLimits(fetched=1, looked_up=10**6, few=0),
    "few": SearchLimits(),
}


@contextmanager
def finder(name: str, store: Written, settled: int) -> Iterator[Finder]:
    """What looks queries up in what was written; an index writes *settled* postings to a file."""
    with tempfile.TemporaryDirectory() as folder:
        if name == "rows":
            with _database(Path(folder), store) as database:
                yield lambda keys, counts, scoring: SqlSearch(database, keys, counts, scoring)
        else:
            origin = Origin(cluster_id="c", analyser=1)
            files = Files(Path(folder) / "lexical", origin=origin, chain_at=str)
            index = LexicalIndex(files, settled=settled, limits=LIMITS[name])
            for batch in store.batches:
                index.add(postings_of(batch), max(batch, default=0))
                index.settle()
            index.forget(np.array(sorted(store.forgotten), np.int64))
            yield index.search


@contextmanager
def _database(folder: Path, store: Written) -> Iterator[Database]:
    database = Database(folder / "db", staging=folder, options=DatabaseOptions())
    prepare(
        database,
        versions=TextVersions(analyser=1, key_template=1),
        now=START,
        token=bytes,
    )
    with database.transaction() as session:
        for batch in store.batches:
            rows = postings_of(batch)
            columns = {"term": rows.keys, "seq": rows.ordinals, "tf": rows.tf, "len": rows.lengths}
            session.insert(statement("insert_postings"), pa.table(columns))
        dead = pa.array(sorted(store.forgotten), pa.int64())
        table = pa.table({"ns": dead, "seq": dead, "died": dead})
        session.insert(statement("insert_tombstones"), table)
    yield database
    database.close()


def _asked(find: Finder, store: Written, query: Mapping[int, int]) -> LexicalSearch:
    keys = np.array(list(query), np.uint64)
    return find(keys, np.array(list(query.values()), np.float64), scoring_of(store.alive))


@pytest.mark.parametrize("name", [*LIMITS, "rows"])
@settings(deadline=None, max_examples=25)
@given(
    store=written(),
    query=QUERIES,
    k=st.integers(1, 12),
    settled=st.sampled_from([1, 60, 10**6]),
    data=st.data(),
)
def test_the_best_and_every_score_are_exact(
    name: str, store: Written, query: dict[int, int], k: int, settled: int, data: st.DataObject
) -> None:
    """Order, ties, scores to nine places, masks and counts, under any filter."""
    ordinals = sorted(store.alive)
    some = st.sets(st.sampled_from(ordinals)) if ordinals else st.just(set[int]())
    sight = looking(allowed=data.draw(st.none() | some), hidden=data.draw(some))

    with finder(name, store, settled) as find:
        search = _asked(find, store, query)
        best = search.best(k, sight)
        scored = search.score(np.array([*ordinals, 10**6], np.int64))
        again = _asked(find, store, query).score(np.array(ordinals, np.int64))

    assert search.entries == [held_by(store.alive, term) for term in query]
    assert_best(best, store.alive, query, k, sight)
    assert_matches(scored, store.alive, query)
    assert_matches(again, store.alive, query)


@pytest.mark.parametrize("name", [*LIMITS, "rows"])
def test_five_hundred_terms_are_scored_and_the_rarest_sixty_four_are_told(name: str) -> None:
    texts = {n: list(range(n, 500)) + [7] * (n % 3) for n in range(1, 40)}
    store = Written(batches=(texts,), forgotten=frozenset({5}))
    query = dict.fromkeys(range(500), 1)

    with finder(name, store, settled=1) as find:
        search = _asked(find, store, query)
        best = search.best(10, looking())
        scored = search.score(np.arange(1, 40))

    assert_best(best, store.alive, query, 10, looking())
    assert_matches(scored, store.alive, query)


@pytest.mark.parametrize("name", [*LIMITS, "rows"])
def test_where_all_are_equal_the_oldest_come_first(name: str) -> None:
    store = Written(
        batches=(dict.fromkeys(range(1, 300), (1, 2)), dict.fromkeys(range(300, 500), (1, 2))),
        forgotten=frozenset({2}),
    )
    sight = looking(hidden={1, 4})

    with finder(name, store, settled=300) as find:
        best = _asked(find, store, {1: 1, 2: 1}).best(5, sight)

    assert best.ordinals.tolist() == [3, 5, 6, 7, 8]
