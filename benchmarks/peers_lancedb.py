"""LanceDB as a memory: one table, full-text index and vectors, joined by its own reranker (RRF)."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from benchmarks.peers_asking import SHOWN, Found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.peers_asking import Asked, Entries


#: From so many entries on its vectors get an index.  Its documentation advises one above 100,000;
#: at that size a scan took 350 ms here and the index 4.
_INDEXED_FROM = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LanceSearch:
    """Entries by both legs, among those of the namespace where there are several."""

    table: Any
    several: bool

    def search(self, asked: Asked) -> Found:
        """The best of both legs."""
        query = self.table.search(query_type="hybrid").vector(asked.vector).text(asked.text)
        query = query.distance_type("cosine").limit(SHOWN).select(["id"])
        if self.several:
            name = asked.namespace.replace("'", "''")
            query = query.where(f"namespace = '{name}'", prefilter=True)
        return Found(ids=tuple(query.to_arrow()["id"].to_pylist()))


@contextmanager
def opened(entries: Entries, folder: Path) -> Iterator[LanceSearch]:
    """LanceDB in this process, its files in *folder*.

    Few vectors are searched exactly, many by HNSW over scalar codes.
    """
    # Else every search writes a line about columns that its own hybrid query leaves out.
    os.environ.setdefault("LANCEDB_LOG", "error")
    import lancedb
    from lancedb.index import FTS, HnswSq

    vectors = pa.FixedSizeListArray.from_arrays(
        pa.array(entries.vectors.ravel()), entries.vectors.shape[1]
    )
    table = lancedb.connect(folder).create_table(
        "entries",
        pa.table(
            {
                "id": entries.ids,
                "namespace": entries.namespaces,
                "text": entries.texts,
                "vector": vectors,
            }
        ),
    )
    table.create_index("text", config=FTS())
    if len(entries.ids) >= _INDEXED_FROM:
        table.create_index("vector", config=HnswSq(distance_type="cosine"))
    yield LanceSearch(table=table, several=entries.several)
