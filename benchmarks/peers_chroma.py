"""Chroma as a memory: one collection, cosine HNSW as it comes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import chromadb
from chromadb.config import Settings

from benchmarks.batches import batches
from benchmarks.peers_asking import SHOWN, Found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.peers_asking import Asked, Entries


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromaSearch:
    """Entries by cosine, among those of the namespace where there are several."""

    collection: Any
    several: bool

    def search(self, asked: Asked) -> Found:
        """The best by vectors alone."""
        found = self.collection.query(
            query_embeddings=[asked.vector],
            n_results=SHOWN,
            where={"namespace": asked.namespace} if self.several else None,
            include=[],
        )
        return Found(ids=tuple(found["ids"][0]))


@contextmanager
def opened(entries: Entries, folder: Path) -> Iterator[ChromaSearch]:
    """Chroma in this process, its files in *folder*."""
    client = chromadb.PersistentClient(
        path=str(folder), settings=Settings(anonymized_telemetry=False)
    )
    collection = client.create_collection(
        "entries", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    for rows in batches(range(len(entries.ids)), client.get_max_batch_size()):
        collection.add(
            ids=[entries.ids[row] for row in rows],
            embeddings=entries.vectors[list(rows)],
            documents=[entries.texts[row] for row in rows],
            metadatas=[{"namespace": entries.namespaces[row]} for row in rows],
        )
    yield ChromaSearch(collection=collection, several=entries.several)
